"""The report itself: one HTML page with everything inside."""

import html
import json
import math

from . import charts
from .study import Interval, Study, rounded

CSS = """
:root { --ink: #1b1b1f; --faint: #80808a; --band: #e4e4ec; --page: #ffffff; --card: #f6f6f9; --line: #d9d9e0; --link: #0b57a4 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ee; --faint: #9a9aa6; --band: #34343f; --page: #16161a; --card: #1f1f25; --line: #3a3a44; --link: #8ab8f0 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto,
  "Noto Sans", "DejaVu Sans", sans-serif }
main { max-width: 76rem; margin: 0 auto; padding: 1.25rem 1rem 4rem }
h1 { font-size: 1.7rem; line-height: 1.25; margin: .4rem 0 .2rem }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .4rem }
p, li { max-width: 46rem }
.meta, figcaption, .note { color: var(--faint); font-size: .9rem }
.summary ul { padding-left: 1.2rem; margin: .3rem 0 } .summary li { margin: .3rem 0 }
.single { max-width: 36rem }
.summary { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .4rem 1.2rem; margin: 1rem 0 }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1rem }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .7rem }
figure svg { display: block; width: 100%; height: auto; max-width: 34rem; margin: 0 auto }
figure svg text { font-family: inherit !important }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem; margin: .6rem 0 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .4rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line) }
th { font-weight: 600; background: var(--card) }
tr:last-child td { border-bottom: 0 }
th.left, td.left { text-align: left }
td small { color: var(--faint); font-size: .85em }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem; overflow-x: auto; font-size: .85rem }
summary { cursor: pointer; font-weight: 600; margin: .8rem 0 }
a { color: var(--link) }
@media print { body { font-size: 11pt } figure, .scroll { break-inside: avoid } }
"""


def escape(text) -> str:
    return html.escape(str(text))


def interval(value: Interval | None, scale=1.0, decimals=3, sign=False) -> str:
    """An estimate with its interval, as `51.2 [46.3, 56.1]`."""
    if value is None or not math.isfinite(value.mean):
        return "–"
    mean, low, high = (rounded(scale * v, decimals, sign) for v in (value.mean, value.low, value.high))
    if not (math.isfinite(value.low) and math.isfinite(value.high)):
        return mean
    return f"{mean} <small>[{low}, {high}]</small>"


def probability(p) -> str:
    if p is None or not math.isfinite(p):
        return "–"
    return "&lt; 0.001" if p < 0.001 else rounded(p, 3)


def table(headings, rows, left=(0,)) -> str:
    """A table that scrolls inside itself on a narrow screen; cells are HTML already."""
    def cell(tag, column, text):
        return f"<{tag}{' class=left' if column in left else ''}>{text}</{tag}>"

    head = "".join(cell("th", i, escape(text)) for i, text in enumerate(headings))
    body = "".join("<tr>" + "".join(cell("td", i, text) for i, text in enumerate(row)) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def pictures(drawn) -> str:
    figures = "".join(f"<figure>{svg}{f'<figcaption>{escape(note)}</figcaption>' if note else ''}</figure>" for svg, note in drawn)
    return f'<div class="pictures{" single" if len(drawn) == 1 else ""}">{figures}</div>'


def title(evaluation) -> str:
    return f"{evaluation.role}: {evaluation.name}"


def summary_section(study: Study) -> str:
    """The study's own sentences: what is decided first, the rest folded away."""
    decided = [c.sentence for c in study.contrasts if c.decided]
    undecided = [c.sentence for c in study.contrasts if not c.decided]
    told = {c.sentence for c in study.contrasts}
    rest = [sentence for sentence in study.summary if sentence not in told]
    consistency = [line for line in rest if any(line.startswith(f"{model} on ") for model in study.models)]
    caveats = [line for line in rest if line not in consistency]

    def items(lines):
        return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"

    def folded(heading, lines, unfolded=False):
        opened = " open" if unfolded else ""
        return f"<details{opened}><summary>{escape(heading)}</summary>{items(lines)}</details>" if lines else ""

    count = len(study.contrasts)
    if not count:
        head = ""
    elif decided:
        head = f"<p><strong>{len(decided)} of {count} declared differences between groups are decided:</strong></p>{items(decided)}"
    else:
        head = (f"<p><strong>None of the {count} declared differences between groups is decided.</strong> "
                "That is not a finding of no difference: see how large one would have to be.</p>")
    return (head + folded(f"Undecided ({len(undecided)})", undecided, unfolded=not decided)
            + folded(f"Consistency of each group ({len(consistency)})", consistency)
            + "".join(f"<p>{escape(line)}</p>" for line in caveats)
            + "".join(f'<p class="note">Warning: {escape(line)}.</p>' for line in study.warnings)
            or "<p>The study holds no summary.</p>")


def accuracy_section(study: Study) -> str:
    drawn = [(charts.svg(lambda axes, e=e: charts.accuracy(axes, study, e), f"Accuracy, {title(e)}", height=2.9),
              "" if e.headroom else "No headroom: before tuning the interval includes guessing, so losses cannot show here.")
             for e in study.evaluations]
    rows = [[escape(model)] + [interval(o.accuracy, 100, 1) if (o := study.outcomes.get((model, e.role))) else "–"
                               for e in study.evaluations] for model in study.models]
    return ("<h2>Accuracy</h2>" + pictures(drawn)
            + table(["model"] + [f"{title(e)}, %" for e in study.evaluations], rows))


def consistency_section(study: Study) -> str:
    drawn = [(charts.svg(lambda axes, e=e: charts.consistency(axes, study, e), f"Consistency, {title(e)}", height=4.0), "")
             for e in study.evaluations]
    rows = []
    for e in study.evaluations:
        for model in study.models:
            o = study.outcomes.get((model, e.role))
            if o is None or o.consistency is None:
                continue
            rows.append([escape(title(e)), escape(model), interval(o.consistency), interval(o.kl),
                         interval(o.same_top, 100, 1)])
    floor = table(["evaluation", "rank-Pearson, mean over prompts", "2.5 % quantile over prompts"],
                  [[escape(title(e)), rounded(study.floor[e.role].mean, 3), rounded(study.floor[e.role].low, 3)]
                   for e in study.evaluations if e.role in study.floor]) if study.floor else ""
    return ("<h2>Consistency of knowledge</h2><p>Each point is a model after tuning, compared with the model before on "
            "identical prompts; 1 means that every choice kept its rank. The band is the noise floor: what the <em>untouched</em> "
            "model scores against itself when only the prompt changes, from its 2.5 % quantile up (dotted: its mean). A point left of the band "
            "changed more than these changes of prompt did.</p>" + pictures(drawn)
            + table(["evaluation", "model", "rank-Pearson", "KL(before‖after), nats", "same top choice, %"], rows, left=(0, 1))
            + ("<h3>Noise floor</h3>" + floor if floor else ""))


def contrast_section(study: Study) -> str:
    if not study.contrasts:
        return ""
    roles = {e.role: e for e in study.evaluations}
    rows = [[escape(f"{c.first} − {c.second}"), escape(title(roles[c.evaluation]) if c.evaluation in roles else c.evaluation),
             interval(c.difference, 100, 1, sign=True), probability(c.p), "yes" if c.decided else "no", rounded(100 * c.detectable, 1)]
            for c in study.contrasts]
    return ("<h2>Differences between groups</h2><p>Differences of accuracy in percentage points, paired on the same questions. "
            "p is corrected by Holm's method over the contrasts the study declared. The last column is the smallest true "
            "difference this many questions would find four times in five.</p>"
            + table(["contrast", "evaluation", "difference", "p (Holm)", "decided", "detectable"], rows, left=(0, 1, 4)))


def flip_section(study: Study) -> str:
    shown = [e for e in study.evaluations if any(o.flips for (_, role), o in study.outcomes.items() if role == e.role)]
    if not shown:
        return ""
    drawn = [(charts.svg(lambda axes, e=e: charts.flips(axes, study, e), f"Flips, {title(e)}", height=3.1), "") for e in shown]
    rows = [[escape(title(e)), escape(model)] + [str(o.flips.get(key, 0)) for key, _, _ in charts.FLIPS] + [probability(o.mcnemar)]
            for e in shown for model in study.models if (o := study.outcomes.get((model, e.role))) and o.flips]
    return ("<h2>Which answers changed</h2><p><em>Lost</em> were right before and wrong after, <em>gained</em> the other way "
            "round, <em>moved</em> went from one wrong answer to another. McNemar's exact test asks whether losses and gains "
            "differ.</p>" + pictures(drawn)
            + table(["evaluation", "model"] + [label for _, label, _ in charts.FLIPS] + ["McNemar p"], rows, left=(0, 1)))


def training_section(study: Study) -> str:
    if not study.training:
        return ""
    rows = [[escape(model), str(t.rows), str(t.target_tokens), str(len(t.losses)), rounded(t.initial_loss, 3),
             rounded(t.losses[-1] if t.losses else float("nan"), 3), rounded(t.weight_distance, 3)] for model, t in study.training.items()]
    return ("<h2>Training</h2>"
            + pictures([(charts.svg(lambda axes: charts.losses(axes, study), "Training loss", height=3.9), "")])
            + table(["group", "rows", "target tokens", "steps", "loss of the first step", "loss of the last step",
                     "distance of the weights"], rows)
            + balance(study)
            + '<p class="note">Groups differ in more than the truth of their labels. Read differences between them beside these '
              "numbers.</p>")


def balance(study: Study) -> str:
    """What the rows of each group are like."""
    if not study.balance:
        return ""
    keys = [key for key, value in study.balance[0].items() if isinstance(value, (int, float, str)) and key not in ("source", "rows")]
    rows = [[escape(row.get(key)) if isinstance(row.get(key), str) else f"{row.get(key, math.nan):.4g}" for key in keys]
            for row in study.balance]
    return "<h3>The rows of the groups</h3>" + table([key.replace("_", " ") for key in keys], rows)


def exact_section(study: Study) -> str:
    versions = table(["what", "version or value"], [[escape(k), escape(v)] for k, v in study.versions.items()], left=(0, 1))
    configuration = escape(json.dumps(study.configuration, indent=2, ensure_ascii=False))
    departures = "".join(f"<li>{escape(line)}</li>" for line in study.departures)
    return (f"<h2>Exactly what was run</h2><p>Mode: {escape(study.mode)}.</p>"
            + (f"<details><summary>Departures from the paper</summary><ul>{departures}</ul></details>" if departures else "")
            + f"{versions}<details><summary>Configuration</summary><pre>{configuration}</pre></details>")


def page(study: Study) -> str:
    """The whole report as HTML."""
    level = f"{100 * study.confidence:g} %"
    body = "".join(section(study) for section in (accuracy_section, consistency_section, contrast_section, flip_section,
                                                  training_section, exact_section))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(study.name)} – Holdfast</title>
<style>{CSS}</style>
</head>
<body>
<main>
<h1>What tuning did to what the model knows</h1>
<p class="meta">Study “{escape(study.name)}”, {escape(study.created)}. Intervals are {level} confidence intervals.</p>
<section class="summary" aria-label="Summary">{summary_section(study)}</section>
{body}
</main>
</body>
</html>
"""
