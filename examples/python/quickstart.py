"""The main job in Python: load a model, look at its tokens and logits, probe it, fine-tune it, ask what that did to its
knowledge, and run a study.

    python examples/python/quickstart.py MODEL QUESTIONS.jsonl INSTRUCTIONS.jsonl [STUDY.json]

The exit status is 0 when the gate was passed and 3 when it was not.
"""

from __future__ import annotations

import sys
from pathlib import Path

try:
    import holdfast
except ImportError:  # in a checkout, without installation
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
    import holdfast


def main(model_path: str, questions: str, instructions: str, study: str | None = None) -> int:
    info = holdfast.system_info()
    print(f"holdfast {holdfast.version()}, {info['threads']} threads, kernels {info['kernel']}")

    model = holdfast.Model.load(model_path)
    print(model)
    prompt = "The answer is"
    ids = model.tokenizer.encode(prompt)
    best = int(model.logits(ids)[-1].argmax())
    print(f"after {prompt!r} ({len(ids)} tokens) the likeliest token is {best}, {model.tokenizer.decode([best])!r}")

    # The loss of a text, and its gradient for every parameter.
    loss, gradients = model.loss_and_gradients(ids, ids)
    print(f"loss {loss:.3f}; gradients of {len(gradients)} tensors")

    # What does the model know?
    before = holdfast.probe(model, questions, progress=holdfast.print_progress)
    print(before, before.summary["accuracy_interval"])

    # Fine-tune. A progress function that returns False cancels; the model is as it was.
    settings = dict(template="none", batch_size=4, epochs=2, learning_rate=1e-3)
    try:
        holdfast.tune(model, instructions, progress=lambda _: False, **settings)
    except holdfast.Cancelled as reason:
        print("cancelled as asked:", reason)
    tuned, report = holdfast.tune(model, instructions, progress=holdfast.print_progress, **settings)
    print("losses", [round(step["loss"], 3) for step in report["steps"]])

    # What did it do to the model's knowledge?
    comparison = holdfast.compare(before, holdfast.probe(tuned, questions))
    print(comparison)

    if study is not None:
        result = holdfast.study(study, progress=holdfast.print_progress)
        print("study", sorted(result))
    return 0 if comparison.passes else 3


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(f"usage: {sys.argv[0]} MODEL QUESTIONS.jsonl INSTRUCTIONS.jsonl [STUDY.json]")
    sys.exit(main(*sys.argv[1:]))
