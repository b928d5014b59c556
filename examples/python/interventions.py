#!/usr/bin/env python3
"""Looks inside a model: the logit lens, causal tracing and steering, with pictures.

    PYTHONPATH=bindings/python .venv/bin/python examples/python/interventions.py MODEL --pictures docs/interventions

Draws lens.png (how likely the answer is behind every layer), trace.png (which activations bring the answer back after the
subject was corrupted) and prints texts under a steering vector. Needs matplotlib for the pictures alone.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any, Dict

import holdfast

PROMPT, SUBJECT, ANSWER = "The Eiffel Tower is located in the city of", "Eiffel Tower", " Paris"
PAIRS = [
    {"positive": "I love this. It is wonderful", "negative": "I hate this. It is terrible"},
    {"positive": "What a beautiful, happy day", "negative": "What an ugly, miserable day"},
    {"positive": "The food was delicious", "negative": "The food was disgusting"},
]


def draw_lens(result: Dict[str, Any], path: Path) -> None:
    """The probability of the answer, and the likeliest token, behind every layer."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    cells = [site["positions"][0] for site in result["sites"]]
    chances = [math.exp(cell["target_log_probabilities"][0]) for cell in cells]
    figure, axes = pyplot.subplots(figsize=(9, 3.6), layout="constrained")
    axes.plot(range(len(cells)), chances, marker="o", markersize=3)
    for layer, cell in enumerate(cells):
        if layer % 3 == 0 or layer == len(cells) - 1:
            axes.annotate(cell["top"][0]["text"].strip() or "␣", (layer, chances[layer]), fontsize=7, rotation=60,
                          xytext=(0, 6), textcoords="offset points", ha="center", va="bottom")
    axes.set(xlabel="layers behind it (0: embeddings)", ylabel=f"P({ANSWER.strip()})", ylim=(0, 1),
             title=f"Logit lens: “{PROMPT} …”; words: the likeliest token there")
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def draw_trace(result: Dict[str, Any], path: Path) -> None:
    """Indirect effects by layer and token."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    effects = [list(column) for column in zip(*result["indirect_effects"])]
    figure, axes = pyplot.subplots(figsize=(9, 3.6), layout="constrained")
    limit = max(abs(value) for row in effects for value in row)
    image = axes.imshow(effects, aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit)
    marks = set(result["corrupted"])
    labels = [token["text"] + ("*" if place in marks else "") for place, token in enumerate(result["tokens"])]
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="layer", title=f"Indirect effect on P({result['answer'][0]['text'].strip()}) of putting back "
             f"{result['site']}; total effect {result['total_effect']:.3f}, * corrupted")
    figure.colorbar(image)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--pictures", type=Path, help="the folder for lens.png and trace.png")
    parser.add_argument("--draws", type=int, default=3, help="draws of the noise")
    options = parser.parse_args()
    model = holdfast.Model.load(options.model)

    lens = holdfast.analyze(model, {"analysis": "lens", "prompt": PROMPT, "positions": [-1], "targets": [ANSWER]})
    last = lens["sites"][-1]["positions"][0]
    print(f"{PROMPT!r} goes on {[guess['text'] for guess in last['top']]}")
    parts = holdfast.analyze(
        model, {"analysis": "attribution", "prompt": PROMPT, "targets": [ANSWER]})
    strongest = sorted(parts["parts"], key=lambda part: -abs(part["values"][0]))[:5]
    print(f"logit of{ANSWER} {parts['logits'][0]:.3f}, sum of {len(parts['parts'])} parts {parts['sums'][0]:.3f}; most from "
          + ", ".join(f"{part['name']} {part['values'][0]:+.2f}" for part in strongest))
    trace = holdfast.analyze(
        model, {"analysis": "trace", "prompt": PROMPT, "subject": SUBJECT, "draws": options.draws},
        progress=holdfast.print_progress)
    print(f"total effect of noise on {SUBJECT!r}: {trace['total_effect']:.3f} of {trace['clean']:.3f}")
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        draw_lens(lens, options.pictures / "lens.png")
        draw_trace(trace, options.pictures / "trace.png")

    steering = holdfast.analyze(model, {"analysis": "steer", "pairs": PAIRS, "layers": [14]})["interventions"][0]
    for strength in (-1.5, 0, 1.5):
        steered = model.with_interventions([{**steering, "strength": strength}])
        print(f"{strength:+.1f}: {steered.generate('I think that the weather today is', max_tokens=16).text!r}")


if __name__ == "__main__":
    main()
