"""Probing, tuning, comparing and studies on a tiny model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

import holdfast
import numpy as np
import pytest
from conftest import MODELS


def softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max())
    return powers / powers.sum()


def test_a_probe_is_what_the_logits_say(model: holdfast.Model, questions: Path) -> None:
    rows = [json.loads(line) for line in questions.read_text().splitlines()]
    ledger = holdfast.probe(model, questions)
    assert len(ledger) == len(rows)
    for row, asked in zip(ledger, rows):
        sums = []
        for choice in asked["choices"]:
            whole = model.tokenizer.encode(f"Question: {asked['question']}\nAnswer: {choice}")
            start = len(model.tokenizer.encode(f"Question: {asked['question']}\nAnswer:"))
            logits = model.logits(whole).astype(np.float64)
            logs = logits - np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True)) - logits.max(
                1, keepdims=True
            )
            sums.append(sum(logs[t - 1, whole[t]] for t in range(start, len(whole))))
        assert row.id == asked["id"] and row.gold == asked["answer"]
        np.testing.assert_allclose(row.log_probabilities, sums, atol=1e-4)
        np.testing.assert_allclose(row.probabilities, softmax(row.scores), atol=1e-12)
        assert row.prediction == int(np.argmax(row.scores))
        assert row.confidence == row.probabilities[row.prediction]
        assert row.correct == (row.prediction == asked["answer"])


def test_a_probe_of_dictionaries(model: holdfast.Model, questions: Path) -> None:
    rows = [json.loads(line) for line in questions.read_text().splitlines()]
    rows[0]["answer"] = np.int64(rows[0]["answer"])
    from_file, from_rows = holdfast.probe(model, questions), holdfast.probe(model, rows)
    assert np.array_equal(from_file.to_numpy(), from_rows.to_numpy())
    with holdfast.Questions.load(questions) as read:
        assert len(read) == len(rows) and "24" in repr(read)
        assert np.array_equal(holdfast.probe(model, read).to_numpy(), from_file.to_numpy())
        assert len(holdfast.probe(model, read, limit=5)) == 5


def test_probe_options(model: holdfast.Model, data: Path) -> None:
    plain = holdfast.probe(model, data / "questions.jsonl")
    for options in (
        dict(batch_size=1),
        dict(batch_size=7),
    ):
        again = holdfast.probe(model, data / "questions.jsonl", **options)  # type: ignore[arg-type]
        assert np.array_equal(plain.to_numpy(), again.to_numpy())
    for options in (
        dict(normalization="per-token"),
        dict(normalization="pmi"),
        dict(wording="short"),
        dict(shots=1, demonstrations=data / "pool.jsonl"),
        dict(probe="letter"),
        dict(probe="letter", rotation=1),
    ):
        other = holdfast.probe(model, data / "questions.jsonl", limit=4, **options)  # type: ignore[arg-type]
        assert not np.array_equal(plain.to_numpy()["scores"][:4], other.to_numpy()["scores"])


def test_ledgers_in_python(model: holdfast.Model, questions: Path) -> None:
    ledger = holdfast.probe(model, questions)
    table = ledger.to_numpy()
    assert table.shape == (24,) and table["probabilities"].shape == (24, 4)
    np.testing.assert_allclose(table["probabilities"].sum(1), 1)
    assert ledger.accuracy == (table["prediction"] == table["gold"]).mean()
    whole = ledger.to_dict()
    assert ledger.summary["accuracy"] == pytest.approx(ledger.accuracy)
    assert len(whole["rows"]) == 24 and whole["rows"][0]["id"] == ledger[0].id == ledger[-24].id
    with pytest.raises(IndexError):
        ledger[24]
    assert "24 questions" in repr(ledger)


def test_ledgers_with_pandas(model: holdfast.Model, questions: Path) -> None:
    pytest.importorskip("pandas")
    frame = holdfast.probe(model, questions).to_pandas()
    assert len(frame) == 24 and frame["correct"].mean() == pytest.approx((frame["prediction"] == frame["gold"]).mean())


def test_ledger_files(model: holdfast.Model, questions: Path, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    ledger = holdfast.probe(model, questions)
    path = tmp_path / "ledger.h5"
    ledger.save(path)
    with holdfast.Ledger.load(path) as again:
        assert np.array_equal(again.to_numpy(), ledger.to_numpy())
        assert again.to_dict() == ledger.to_dict()
    with h5py.File(path) as file:
        assert "format" in file.attrs
        found = []
        file.visititems(lambda name, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
        assert any(item.ndim == 2 and len(item) == 24 for item in found)


def test_ledger_files_in_xarray(model: holdfast.Model, questions: Path, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    path = tmp_path / "ledger.h5"
    holdfast.probe(model, questions).save(path)
    with xarray.open_dataset(path, engine="h5netcdf") as opened:
        assert opened.sizes["item"] == 24 and opened.sizes["choice"] == 4
        assert not [name for name in opened.sizes if str(name).startswith("phony")]


def test_tuning_lowers_the_loss(model: holdfast.Model, instructions: Path, quick: Dict[str, Any]) -> None:
    before = model.logits([5, 6, 7])
    settings = dict(quick, epochs=20, schedule="constant", warmup_ratio=0)
    tuned, report = holdfast.tune(model, instructions, **settings)
    losses = [step["loss"] for step in report["steps"]]
    assert len(losses) == 60 and losses[-1] < 0.8 * losses[0]
    assert "tuned" in repr(tuned) and np.array_equal(model.logits([5, 6, 7]), before)
    rows = [json.loads(line) for line in instructions.read_text().splitlines()]
    again = holdfast.tune(model, rows, **settings)
    assert [step["loss"] for step in again.report["steps"]] == losses
    assert np.array_equal(again.model.logits([5, 6, 7]), tuned.logits([5, 6, 7]))


def test_micro_batches_do_not_show(model: holdfast.Model, instructions: Path, quick: Dict[str, Any]) -> None:
    whole, _ = holdfast.tune(model, instructions, **quick)
    parts, _ = holdfast.tune(model, instructions, micro_batch_size=1, **quick)
    assert np.array_equal(whole.logits([5, 6, 7]), parts.logits([5, 6, 7]))


def test_tuned_models_are_saved(
    model: holdfast.Model, instructions: Path, quick: Dict[str, Any], tmp_path: Path
) -> None:
    tuned, _ = holdfast.tune(model, instructions, **quick)
    tuned.save(tmp_path / "tuned.h5")
    with holdfast.Model.load(tmp_path / "tuned.h5") as again:
        assert np.array_equal(again.logits([5, 6, 7]), tuned.logits([5, 6, 7]))


def test_a_cancelled_tuning_goes_on(
    model: holdfast.Model, instructions: Path, quick: Dict[str, Any], tmp_path: Path
) -> None:
    settings = dict(quick, epochs=3)
    whole, report = holdfast.tune(model, instructions, **settings)
    checkpoint = tmp_path / "run.h5"
    with pytest.raises(holdfast.Cancelled):
        holdfast.tune(model, instructions, checkpoint=checkpoint, progress=lambda p: p.done < 4, **settings)
    assert checkpoint.exists()
    resumed, rest = holdfast.tune(model, instructions, checkpoint=checkpoint, resume=True, **settings)
    assert np.array_equal(whole.logits([5, 6, 7]), resumed.logits([5, 6, 7]))
    assert [step["loss"] for step in rest["steps"]] == [step["loss"] for step in report["steps"]]


def test_a_kl_penalty_is_recorded_and_resumes(
    model: holdfast.Model, instructions: Path, quick: Dict[str, Any], tmp_path: Path
) -> None:
    settings = dict(quick, batch_size=2, micro_batch_size=1, epochs=2, learning_rate=1e-2, warmup_ratio=0.0, kl_weight=0.5)
    whole, report = holdfast.tune(model, instructions, **settings)
    kl = [step["kl"] for step in report["steps"]]
    assert kl[0] == 0 and min(kl[1:]) > 0 and report["options"]["kl_weight"] == 0.5
    checkpoint = tmp_path / "run.h5"
    with pytest.raises(holdfast.Cancelled):
        holdfast.tune(model, instructions, checkpoint=checkpoint, progress=lambda p: p.done < 2, **settings)
    resumed, rest = holdfast.tune(model, instructions, checkpoint=checkpoint, resume=True, **settings)
    assert np.array_equal(whole.logits([5, 6, 7]), resumed.logits([5, 6, 7]))
    assert [step["kl"] for step in rest["steps"]] == kl
    with pytest.raises(holdfast.Cancelled):
        holdfast.tune(model, instructions, checkpoint=checkpoint, progress=lambda p: p.done < 2, **settings)
    with pytest.raises(holdfast.InvalidArgument, match="is another"):
        holdfast.tune(whole, instructions, checkpoint=checkpoint, resume=True, **settings)
    for wrong in (-0.5, float("nan"), float("inf"), float("-inf")):
        with pytest.raises(holdfast.InvalidArgument, match="kl_weight"):
            holdfast.tune(model, instructions, **dict(settings, kl_weight=wrong))
    _, plain = holdfast.tune(model, instructions, **dict(settings, kl_weight=0))
    assert "kl" not in plain["steps"][0]


def test_an_adapter_is_saved_put_on_and_merged(
    model: holdfast.Model, instructions: Path, quick: Dict[str, Any], tmp_path: Path
) -> None:
    settings = dict(quick, lora_rank=2, lora_alpha=4, lora_target_modules=["q_proj", "up_proj"])
    tuned, report = holdfast.tune(model, instructions, **settings)
    assert report["options"]["lora_target_modules"] == ["q_proj", "up_proj"]
    tuned.save_adapter(tmp_path / "adapter")
    again = model.adapted(tmp_path / "adapter")
    logits = tuned.logits([5, 6, 7])
    assert np.array_equal(again.logits([5, 6, 7]), logits)
    assert not np.array_equal(model.logits([5, 6, 7]), logits)
    merged = tuned.merged().logits([5, 6, 7])
    assert np.abs(merged - logits).max() < 1e-5 * (logits.max() - logits.min())
    with pytest.raises(holdfast.Error, match="no adapter"):
        model.save_adapter(tmp_path / "nothing")


def test_comparing(model: holdfast.Model, instructions: Path, questions: Path, quick: Dict[str, Any]) -> None:
    same = holdfast.compare(model, model, questions)
    assert same.passes and same and same.consistency == pytest.approx((1, 1, 1), abs=1e-12)
    tuned, _ = holdfast.tune(model, instructions, **dict(quick, epochs=30, learning_rate=1e-2))
    by_models = holdfast.compare(model, tuned, questions, min_consistency=0.99)
    before, after = holdfast.probe(model, questions), holdfast.probe(tuned, questions)
    by_ledgers = holdfast.compare(before, after, min_consistency=0.99)
    assert by_models.consistency == by_ledgers.consistency
    consistency = by_ledgers.consistency
    assert consistency.low <= consistency.mean <= consistency.high < 1
    assert not by_ledgers.passes and not by_models
    assert by_ledgers.accuracy_before.mean == before.accuracy and by_ledgers.accuracy_after.mean == after.accuracy
    assert isinstance(by_ledgers.to_dict(), dict) and by_ledgers.verdict in repr(by_ledgers)
    # The paper's measure, computed here: Pearson of dense ranks.
    values = []
    for p, q in zip(before, after):
        ranks = [np.unique(-row.scores, return_inverse=True)[1] for row in (p, q)]
        values.append(np.corrcoef(*ranks)[0, 1])
    assert consistency.mean == pytest.approx(np.mean(values), abs=1e-9)


def test_ledgers_of_other_questions_are_not_compared(model: holdfast.Model, data: Path) -> None:
    first, second = (holdfast.probe(model, data / name) for name in ("questions.jsonl", "held_out.jsonl"))
    with pytest.raises(holdfast.InvalidArgument):
        holdfast.compare(first, second)


def test_a_study_runs_and_resumes(data: Path) -> None:
    stages = []
    result = holdfast.study(data / "study.json", progress=lambda p: stages.append(p.stage))
    assert isinstance(result, dict) and result and stages
    directory = data / "tiny-study"
    assert (directory / "study.h5").exists()
    status = holdfast.study_status(directory)
    assert isinstance(status, dict)
    again = holdfast.study(json.loads((data / "study.json").read_text()), base_directory=data)
    # Only the time of writing may differ.
    assert {**again, "created": None} == {**result, "created": None}


def test_a_cancelled_study_goes_on(data: Path) -> None:
    seen = 0

    def some(_: holdfast.Progress) -> bool:
        nonlocal seen
        seen += 1
        return seen < 12

    with pytest.raises(holdfast.Cancelled):
        holdfast.study(data / "study.json", progress=some)
    assert holdfast.study(data / "study.json")


def test_study_files_open_elsewhere(data: Path) -> None:
    h5py = pytest.importorskip("h5py")
    holdfast.study(data / "study.json")
    path = data / "tiny-study" / "study.h5"
    with h5py.File(path) as file:
        assert "ledgers" in file and "statistics" in file
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    with xarray.open_dataset(path, group="ledgers/before/HOMO", engine="h5netcdf") as opened:
        assert opened.sizes["item"] == 28 and opened.sizes["choice"] == 4


def test_gguf_and_directory_are_one_model(questions: Path) -> None:
    with holdfast.Model.load(MODELS / "tiny-blocks") as a, holdfast.Model.load(MODELS / "tiny-blocks.f32.gguf") as b:
        assert np.array_equal(a.logits([5, 6, 7]), b.logits([5, 6, 7]))
        assert np.array_equal(holdfast.probe(a, questions).to_numpy(), holdfast.probe(b, questions).to_numpy())
