"""The report itself: one HTML page with everything inside."""

from __future__ import annotations

from . import figure, style
from .css import CSS
from .figure import Data, Figure
from .markup import escape
from .section import Folded, Part, Section
from .sections import summary
from .study import Study


def part(study: Study, found: Part) -> str:
    """A part of a section as HTML; data is only written as CSV."""
    if isinstance(found, Figure):
        return figure.markup(study, found)
    if isinstance(found, Folded):
        opened = " open" if found.opened else ""
        return f"<details{opened}><summary>{found.summary}</summary>{''.join(part(study, p) for p in found.parts)}</details>"
    return "" if isinstance(found, Data) else found


def page(study: Study, sections: list[Section]) -> str:
    """The whole report of a study as HTML."""
    return document(study, f'<p class="meta">Study {told(study)}</p>\n{content(study, sections)}')


def told(study: Study) -> str:
    level = f"{100 * study.confidence:g}\u00a0%"
    return f"“{escape(study.name)}”, {escape(study.created)}. Intervals are {level} confidence intervals."


def content(study: Study, sections: list[Section], more: str = "") -> str:
    """The summary, links to the sections (and `more`, list items), and the sections."""
    links = "".join(f'<li><a href="#{study.anchor}{s.name}-section">{escape(s.heading)}</a></li>' for s in sections)
    body = "".join(f'<section id="{study.anchor}{s.name}-section"><h2>{escape(s.heading)}</h2>'
                   f'{"".join(part(study, p) for p in s.parts)}</section>\n' for s in sections)
    return f"""<section class="summary" aria-label="Summary">{summary.summary(study)}</section>
<nav aria-label="Sections"><ul>{links}{more}</ul></nav>
{body}"""


def document(study: Study, body: str) -> str:
    """A page with a body, in the colours of a study's models."""
    light, dark = style.css(study)
    css = CSS.replace("LIGHT", light).replace("DARK", dark)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(study.name)} – Holdfast</title>
<style>{css}</style>
</head>
<body>
<main>
<h1>What tuning did to what the model knows</h1>
{body}</main>
</body>
</html>
"""
