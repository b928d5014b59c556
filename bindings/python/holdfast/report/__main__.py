"""The command behind `holdfast report`."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m holdfast.report", description="Draws the report of a study.")
    parser.add_argument("study", help="the study.h5 that `holdfast study run` wrote")
    parser.add_argument("-o", "--output", default="report.html", help="the page to write (default: report.html)")
    parser.add_argument("--figures", metavar="FOLDER", help="also write every figure as PNG and SVG, and its numbers as CSV")
    parser.add_argument("--picture", metavar="FILE.png", help="also write one picture of accuracy and consistency")
    arguments = parser.parse_args()
    try:
        from . import files, page
        from .load import ReportError, load
        from .sections import sections
    except ImportError as error:
        print(f"report: {error}; get what is missing with: {sys.executable} -m pip install numpy h5py matplotlib", file=sys.stderr)
        return 2
    try:
        study = load(arguments.study)
        if arguments.figures:
            Path(arguments.figures).mkdir(exist_ok=True)
        found = sections(study)
        files.put(arguments.output, page.page(study, found).encode())
        if arguments.figures:
            files.figures(study, found, arguments.figures)
        if arguments.picture:
            drawn = io.BytesIO()
            files.picture(study, drawn)
            files.put(arguments.picture, drawn.getvalue())
    except (ReportError, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
