"""The report of a series: one page with what holds over all domains, then each domain's report, folded."""

from __future__ import annotations

import re

from .markup import escape
from .page import content, document, told
from .section import Section
from .series import Series
from .study import Study


def page(series: Series, over_all: list[Section], by_domain: list[list[Section]]) -> str:
    """The whole report of a series as HTML; `by_domain` holds the sections of each domain's study."""
    domains = [(name, study, sections) for (name, study), sections in zip(series.domains, by_domain)]
    links = "".join(f'<li><a href="#{study.anchor}report">Domain {escape(name)}</a></li>' for name, study, _ in domains)
    names = ", ".join(name for name, _, _ in domains)
    common = "" if series.overall.evaluations else (
        '<p class="note">No role is evaluated in two domains, so nothing is summed up over them.</p>')
    return document(series.overall, f"""<p class="meta">Series {told(series.overall)}</p>
<p>The same study in {len(domains)} domains: {escape(names)}. First what holds over the questions of all of them, then each domain's own
report, folded.</p>{common}
{content(series.overall, over_all, links)}
{"".join(domain(*one) for one in domains)}""")


def domain(name: str, study: Study, sections: list[Section]) -> str:
    """A domain's report behind its name, its headings one level lower."""
    inside = f'<p class="meta">Study {told(study)}</p>\n{content(study, sections)}'
    lowered = re.sub(r"(</?h)([2-5])\b", lambda found: f"{found[1]}{int(found[2]) + 1}", inside)
    return f'<details class="domain" id="{study.anchor}report"><summary><h2>Domain {escape(name)}</h2></summary>{lowered}</details>\n'
