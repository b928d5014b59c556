"""The command behind `holdfast report`."""

import argparse
import os
import sys
import tempfile
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m holdfast.report", description="Draws the report of a study.")
    parser.add_argument("study", help="the study.h5 that `holdfast study run` wrote")
    parser.add_argument("-o", "--output", default="report.html", help="the page to write (default: report.html)")
    parser.add_argument("--picture", metavar="FILE.png", help="also write the main picture")
    arguments = parser.parse_args()
    try:
        from . import charts, page
        from .load import ReportError, load
    except ImportError as error:
        print(f"report: {error}; get what is missing with: {sys.executable} -m pip install numpy h5py matplotlib", file=sys.stderr)
        return 2
    try:
        study = load(arguments.study)
        text = page.page(study).encode()
        put(arguments.output, lambda name: Path(name).write_bytes(text))
        if arguments.picture:
            put(arguments.picture, lambda name: charts.picture(study, name))
    except (ReportError, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    return 0


def put(path: str, write) -> None:
    """Writes a file under another name in the same folder, then moves it into place."""
    target = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}.", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    try:
        write(name)
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


if __name__ == "__main__":
    sys.exit(main())
