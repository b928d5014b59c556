"""Interventions from Python: as data, by a callable, and the analyses on top of them."""

from __future__ import annotations

from pathlib import Path

import holdfast
import numpy as np
import pytest

TOKENS = [5, 9, 12, 3, 44, 20, 7]


def test_data_and_a_callable_do_the_same(model: holdfast.Model) -> None:
    plain = model.logits(TOKENS)
    width = model.info["configuration"]["hidden_size"]
    vector = np.linspace(-1, 1, width, dtype=np.float32)
    site = "blocks.0.hook_resid_post"
    steered = model.with_interventions(
        {"operation": "add", "site": site, "positions": [1, -1], "strength": 2, "source": {"vector": vector}}
    )
    seen = []

    def steer(name: str, activation: np.ndarray) -> None:
        seen.append((name, activation.shape))
        activation[[1, -1]] += 2 * vector

    by_hand = model.logits_with(TOKENS, steer, site)
    assert seen == [(site, (len(TOKENS), width))]
    assert not np.array_equal(by_hand, plain)
    np.testing.assert_allclose(by_hand, steered.logits(TOKENS), rtol=1e-5, atol=1e-6)
    assert np.array_equal(model.logits(TOKENS), plain)
    assert np.array_equal(steered.with_interventions([]).logits(TOKENS), plain)
    looked = model.logits_with(TOKENS, lambda name, activation: None, ["blocks.*.attn.hook_pattern", "hook_embed"])
    assert np.array_equal(looked, plain)


def test_exceptions_come_out_again(model: holdfast.Model) -> None:
    class Mine(BaseException):
        pass

    def fail(name: str, activation: np.ndarray) -> None:
        raise Mine(name)

    with pytest.raises(Mine, match="hook_embed"):
        model.logits_with(TOKENS, fail, ["hook_embed", "blocks.0.hook_mlp_out"])
    with pytest.raises(holdfast.InvalidArgument, match="no site"):
        model.logits_with(TOKENS, fail, "blocks.99.hook_mlp_out")
    with pytest.raises(TypeError):
        model.logits_with(TOKENS, None, "hook_embed")  # type: ignore[arg-type]
    with pytest.raises(holdfast.InvalidArgument, match="intervention 0"):
        model.with_interventions([{"operation": "zero", "site": "nowhere"}])
    with pytest.raises(holdfast.Error, match="JSON|byte"):
        model.with_interventions("{")
    changed = model.with_interventions([{"operation": "zero", "site": "blocks.0.hook_mlp_out"}])
    with pytest.raises(holdfast.Unsupported, match="interventions"):
        changed.save("/tmp/never.h5")


def test_probes_and_texts_under_interventions(model: holdfast.Model, questions: Path) -> None:
    changed = model.with_interventions([{"operation": "zero", "site": "blocks.*.hook_mlp_out"}])
    before, after = holdfast.probe(model, questions), holdfast.probe(changed, questions)
    assert after.to_dict()["settings"]["interventions"][0]["operation"] == "zero"
    assert "interventions" not in before.to_dict()["settings"]
    assert holdfast.compare(model, changed, questions).to_dict()["consistency"]
    assert changed.generate("Water is", max_tokens=3).tokens


def test_analyses(model: holdfast.Model, questions: Path) -> None:
    layers = model.info["configuration"]["num_hidden_layers"]
    lens = holdfast.analyze(model, {"analysis": "lens", "prompt": TOKENS, "positions": [-1], "targets": [3], "top": 2})
    assert len(lens["sites"]) == layers + 1 and len(lens["sites"][0]["positions"][0]["top"]) == 2
    last = lens["sites"][-1]["positions"][0]["target_log_probabilities"][0]
    logits = model.logits(TOKENS)[-1].astype(np.float64)
    assert last == pytest.approx(logits[3] - np.log(np.exp(logits - logits.max()).sum()) - logits.max(), abs=1e-5)

    parts = holdfast.analyze(model, {"analysis": "attribution", "prompt": TOKENS, "targets": [3, 40], "heads": True})
    np.testing.assert_allclose(parts["sums"], logits[[3, 40]], atol=1e-4)

    other = [*TOKENS[:2], 60, *TOKENS[3:]]
    sweep = holdfast.analyze(model, {"analysis": "sweep", "clean": TOKENS, "corrupted": other, "answer": 3, "other": 40})
    assert np.shape(sweep["restored"]) == (layers, len(TOKENS)) and sweep["metric"] == "logit_difference"
    foretold = holdfast.analyze(
        model, {"analysis": "attribution_patching", "clean": TOKENS, "corrupted": other, "answer": 3, "other": 40,
                "steps": 8, "compare": True})
    assert foretold["patched_values"] == sweep["values"] and foretold["correlation"] > 0.8
    assert np.shape(foretold["values"]) == (layers, len(TOKENS)) and foretold["steps"] == 8
    with pytest.raises(holdfast.InvalidArgument, match="hook_resid_pre"):
        holdfast.analyze(
            model, {"analysis": "attribution_patching", "clean": TOKENS, "corrupted": other, "answer": 3,
                    "site": "ln1.hook_normalized"})
    trace = holdfast.analyze(model, {"analysis": "trace", "prompt": TOKENS, "corrupted": [2], "draws": 2})
    assert np.shape(trace["indirect_effects"]) == (layers, len(TOKENS))
    steer = holdfast.analyze(
        model, {"analysis": "steer", "pairs": [{"positive": "yes", "negative": "no"}], "layers": [0]})
    assert model.with_interventions(steer["interventions"]).logits(TOKENS).shape == (len(TOKENS), model.vocabulary_size)

    tuned = model.with_interventions([{"operation": "scale", "site": "blocks.1.hook_mlp_out", "strength": 3}])
    drift = holdfast.analyze(model, {"analysis": "drift"}, tuned=tuned, questions=questions)
    assert drift["curves"][0]["name"] == "all" and len(drift["sites"]) == layers + 1
    reports = []
    patched = holdfast.patch(
        model, tuned, questions, resamples=50, layers=[0], random_null=False, probe={"limit": 4},
        progress=lambda report: reports.append(report.stage))
    assert [curve["name"] for curve in patched["curves"]] == ["base_into_tuned", "tuned_into_base"]
    assert "patch base" in reports
    with pytest.raises(holdfast.InvalidArgument, match="tuned"):
        holdfast.analyze(model, {"analysis": "drift"}, questions=questions)
    with pytest.raises(holdfast.InvalidArgument, match="not known"):
        holdfast.analyze(model, {"analysis": "lens", "prompt": "a", "colour": 1})
