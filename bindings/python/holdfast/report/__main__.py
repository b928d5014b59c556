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
        from . import files, overall, page, series_page
        from .load import ReportError, load
        from .sections import sections
        from .series import Series
    except ImportError as error:
        print(f"report: {error}; get what is missing with: {sys.executable} -m pip install numpy h5py matplotlib", file=sys.stderr)
        return 2
    try:
        loaded = load(arguments.study)
        series, whole = (loaded, loaded.overall) if isinstance(loaded, Series) else (None, loaded)
        parts = [("", whole, overall.sections(series) if series else sections(whole)),
                 *((name, one, sections(one)) for name, one in (series.domains if series else []))]
        if series and arguments.picture and not series.overall.evaluations:
            raise ReportError(f"{arguments.study}: no role is evaluated in two domains, so there is no picture of all of them; each "
                              "domain has a study.h5 of its own beside it")
        for name, _, _ in parts if arguments.figures else []:
            Path(arguments.figures, name).mkdir(exist_ok=True)
        over_all, *by_domain = [found for *_, found in parts]
        text = series_page.page(series, over_all, by_domain) if series else page.page(whole, over_all)
        files.put(arguments.output, text.encode())
        for name, one, found in parts if arguments.figures else []:
            files.figures(one, found, str(Path(arguments.figures, name)))
        if arguments.picture:
            drawn = io.BytesIO()
            files.picture(whole, drawn, series)
            files.put(arguments.picture, drawn.getvalue())
    except (ReportError, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
