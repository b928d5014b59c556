"""What a wrong call raises, and what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Type

import holdfast
import numpy as np
import pytest
from conftest import MODELS


def test_every_status_has_an_exception() -> None:
    kinds = [kind for kind in vars(holdfast).values() if isinstance(kind, type) and issubclass(kind, holdfast.Error)]
    codes = sorted(kind.code for kind in kinds if kind is not holdfast.Error)
    assert codes == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99]


def test_missing_file_is_a_file_not_found_error(tmp_path: Path) -> None:
    path = tmp_path / "nothing.gguf"
    with pytest.raises(FileNotFoundError, match="nothing.gguf") as caught:
        holdfast.Model.load(path)
    assert isinstance(caught.value, holdfast.NotFound) and caught.value.code == 2


def test_corrupt_files_are_refused_with_place(tmp_path: Path) -> None:
    whole = (MODELS / "tiny-blocks.f32.gguf").read_bytes()
    for size in (0, 4, 20, 1000, len(whole) - 1):
        path = tmp_path / f"cut-{size}.gguf"
        path.write_bytes(whole[:size])
        with pytest.raises(holdfast.Error, match=f"cut-{size}"):
            holdfast.Model.load(path)
    text = tmp_path / "text.h5"
    text.write_text("this is no model")
    with pytest.raises(holdfast.Error, match="text.h5"):
        holdfast.Model.load(text)
    with pytest.raises(holdfast.Error):
        holdfast.Ledger.load(text)


@pytest.mark.parametrize(
    "kind, call",
    [
        (holdfast.InvalidArgument, lambda m: m.logits([])),
        (holdfast.InvalidArgument, lambda m: m.logits([-1])),
        (holdfast.InvalidArgument, lambda m: m.logits([283])),
        (holdfast.InvalidArgument, lambda m: m.logits([2**40])),
        (holdfast.InvalidArgument, lambda m: m.logits([[1, 2]])),
        (TypeError, lambda m: m.logits([1.5])),
        (TypeError, lambda m: m.logits("text")),
        (holdfast.ContextLengthError, lambda m: m.logits([1] * 129)),
        (holdfast.InvalidArgument, lambda m: m.loss_and_gradients([1, 2], [1])),
        (holdfast.InvalidArgument, lambda m: m.loss_and_gradients([1, 2], [-100, -100])),
        (holdfast.InvalidArgument, lambda m: m.loss_and_gradients([1, 2], [-100, -7])),
        (holdfast.InvalidArgument, lambda m: m.tokenizer.encode("a", bos="sometimes")),
        (holdfast.InvalidArgument, lambda m: m.tokenizer.encode("\ud800")),
        (TypeError, lambda m: m.tokenizer.encode(b"bytes")),
        (holdfast.InvalidArgument, lambda m: m.tokenizer.decode([283])),
        (holdfast.InvalidArgument, lambda m: m.generate("a", max_tokens=0)),
        (holdfast.InvalidArgument, lambda m: m.generate("a", max_tokens=2**40)),
        (TypeError, lambda m: m.generate("a", max_tokens=1.5)),
        (holdfast.InvalidArgument, lambda m: m.generate("a", temperature=float("nan"))),
        (holdfast.InvalidArgument, lambda m: m.generate("a", seed=-1)),
        (holdfast.InvalidArgument, lambda m: m.generate("a", stop=["x\0y"])),
        (TypeError, lambda m: m.generate("a", progress=3)),
        (holdfast.InvalidArgument, lambda m: holdfast.Model.load("with\0nul")),
        (holdfast.InvalidArgument, lambda m: holdfast.Model.load("")),
        (holdfast.InvalidArgument, lambda m: holdfast.set_num_threads(0)),
        (holdfast.InvalidArgument, lambda m: holdfast.probe(m, [])),
        (holdfast.InvalidArgument, lambda m: holdfast.probe(m, [{"question": "q", "choices": ["a"]}])),
        (holdfast.InvalidArgument, lambda m: holdfast.probe(m, [{"question": "q", "choices": ["a", "b"], "answer": 2}])),
        (
            holdfast.InvalidArgument,
            lambda m: holdfast.probe(m, [{"question": "q", "choices": [str(i) for i in range(30)], "answer": 2}]),
        ),
        (holdfast.InvalidArgument, lambda m: holdfast.probe(m, [{"question": float("nan"), "choices": ["a", "b"]}])),
        (holdfast.CorruptData, lambda m: holdfast.probe(m, [{"question": "q", "choices": "ab"}])),
        (holdfast.InvalidArgument, lambda m: holdfast.probe(m, [{"question": "q", "choices": ["a", "b"]}], shots=-1)),
        (holdfast.Error, lambda m: holdfast.probe(m, [{"question": "q" * 500, "choices": ["a", "b"]}])),
        (holdfast.Error, lambda m: holdfast.tune(m, [])),
        (holdfast.Error, lambda m: holdfast.tune(m, [{"strange": 1}])),
        (holdfast.InvalidArgument, lambda m: holdfast.compare(m, m)),
        (TypeError, lambda m: holdfast.compare(m, 3)),
        (
            holdfast.InvalidArgument,
            lambda m: holdfast.compare(m, m, [{"question": "q", "choices": ["a", "b"], "answer": 0}], resamples=1),
        ),
        (
            holdfast.InvalidArgument,
            lambda m: holdfast.analyze(m, {"analysis": "steer", "site": "hook_embed",
                                           "pairs": [{"positive": "a", "negative": "b"}]}),
        ),
        (
            holdfast.InvalidArgument,
            lambda m: m.with_interventions([{"operation": "scale", "site": "blocks.0.attn.hook_z", "heads": [0, 0]}]),
        ),
        (
            holdfast.InvalidArgument,
            lambda m: m.with_interventions([{"operation": "clamp", "site": "hook_embed", "bounds": [1e300, 1e301]}]),
        ),
        (holdfast.Error, lambda m: holdfast.study({})),
        (holdfast.InvalidArgument, lambda m: holdfast.study({"name": float("inf")})),
        (holdfast.NotFound, lambda m: holdfast.study("nowhere.json")),
        (holdfast.NotFound, lambda m: holdfast.inspect("nowhere")),
    ],
)
def test_wrong_calls(model: holdfast.Model, kind: Type[BaseException], call: Callable[[Any], Any]) -> None:
    with pytest.raises(kind) as caught:
        call(model)
    assert str(caught.value)


def test_a_level_that_rounds_to_one_gives_no_bca_interval(model: holdfast.Model) -> None:
    rows = [{"question": f"q{i}", "choices": ["a", "b"], "answer": i % 2} for i in range(4)]
    other = model.with_interventions([{"operation": "noise", "site": "hook_embed"}])
    result = holdfast.compare(model, other, rows, method="bca", confidence_level=0.9999999999999999, resamples=100)
    assert result.consistency.low <= result.consistency.mean <= result.consistency.high


def test_question_errors_name_file_and_line(model: holdfast.Model, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(b'{"question": "q", "choices": ["a", "b"], "answer": 0}\n{"question": "\xff"}\n')
    with pytest.raises(holdfast.Error, match=r"q\.jsonl:2"):
        holdfast.probe(model, path)


def test_an_unwritable_place(model: holdfast.Model, tmp_path: Path) -> None:
    with pytest.raises(holdfast.Error, match="nowhere"):
        model.save(tmp_path / "nowhere" / "m.h5")
    assert list(tmp_path.iterdir()) == []


def test_arrays_of_any_integer_type(model: holdfast.Model) -> None:
    wanted = model.logits([5, 6, 7])
    for kind in (np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64):
        assert np.array_equal(model.logits(np.array([5, 6, 7], dtype=kind)), wanted)
    strided = np.array([5, 0, 6, 0, 7, 0], dtype=np.int32)[::2]
    assert np.array_equal(model.logits(strided), wanted)
