"""The exact configuration, versions, checksums and kernels."""

from __future__ import annotations

import json

from ..figure import Data
from ..markup import bullets, escape, table
from ..section import Folded, Part, Section
from ..study import Study

NAMES = {"holdfast": "Holdfast", "kernel": "kernels", "model_sha256": "model, SHA-256"}


def section(study: Study) -> Section:
    versions = {NAMES.get(k, k): v for k, v in study.versions.items() if v}
    configuration = escape(json.dumps(study.configuration, indent=2, ensure_ascii=False))
    parts: list[Part] = [f"<p>Mode: {escape(study.mode)}.</p>",
             table(["what", "version or value"], [[escape(k), f'<span class="long">{escape(v)}</span>'] for k, v in versions.items()],
                   left=(0, 1)),
             Folded("Configuration", [f'<pre tabindex="0">{configuration}</pre>'])]
    if study.departures:
        parts.append(Folded("Departures from the paper", [bullets(study.departures)]))
    return Section("exact", "Exactly what was run", parts + [Data("versions", ["what", "value"], [list(v) for v in versions.items()])])
