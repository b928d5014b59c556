"""Models, tokenizers, logits, gradients and generation against what PyTorch and tokenizers gave."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any, Dict

import holdfast
import numpy as np
import pytest
from conftest import MODELS, read_safetensors


def test_tokens_are_those_of_tokenizers(model: holdfast.Model, expected: Dict[str, Any]) -> None:
    for example in expected["tokenizer"]:
        assert model.tokenizer.encode(example["text"]) == example["ids"]
        assert model.tokenizer.decode(example["ids"]) == example["text"]


def test_tokenizer_options(model: holdfast.Model) -> None:
    tokenizer = model.tokenizer
    assert len(tokenizer) == tokenizer.vocabulary_size == 283
    assert tokenizer.eos_token == 2
    assert tokenizer.encode("a\0b", bos="never") and tokenizer.decode(tokenizer.encode("a\0b")) == "a\0b"
    assert tokenizer.encode("<|im_end|>") == [2]
    assert len(tokenizer.encode("<|im_end|>", parse_special=False)) > 1
    assert tokenizer.decode([2], skip_special=True) == ""
    assert tokenizer.decode([]) == ""
    assert tokenizer.decode(np.array([2], dtype=np.int64)) == "<|im_end|>"


@pytest.mark.parametrize("name", ["tiny-tied", "tiny-untied", "tiny-blocks", "tiny-blocks.q8_0.gguf"])
def test_logits_are_those_of_transformers(name: str) -> None:
    import json

    stem = name[: -len(".gguf")] if name.endswith(".gguf") else name
    sequences = json.loads((MODELS / f"{name.split('.')[0]}.expected.json").read_text())["sequences"]
    reference = read_safetensors(MODELS / f"{stem}.logits.safetensors")
    with holdfast.Model.load(MODELS / name) as model:
        for index, sequence in enumerate(sequences):
            logits = model.logits(sequence["tokens"])
            wanted = reference[f"logits.{index}"]
            assert logits.dtype == np.float32 and logits.shape == wanted.shape
            assert np.abs(logits - wanted).max() <= 1e-4 * np.ptp(wanted)


def test_gradients_are_those_of_pytorch(model: holdfast.Model, expected: Dict[str, Any]) -> None:
    reference = read_safetensors(MODELS / "tiny-tied.gradients.safetensors")
    total = {name: np.zeros(wanted.shape) for name, wanted in reference.items()}
    targets, losses = 0, 0.0
    for sequence, loss in zip(expected["sequences"], expected["losses"]):
        count = sum(label != -100 for label in sequence["labels"][1:])
        mean, gradients = model.loss_and_gradients(sequence["tokens"], sequence["labels"])
        assert mean == pytest.approx(loss, rel=1e-5)
        assert set(gradients) == set(reference) == set(model.parameter_names)
        for name, gradient in gradients.items():
            assert gradient.dtype == np.float32
            total[name] += count * gradient.astype(np.float64)
        targets += count
        losses += count * mean
    assert losses / targets == pytest.approx(expected["loss"], rel=1e-5)
    for name, wanted in reference.items():
        error = np.linalg.norm(total[name] / targets - wanted) / np.linalg.norm(wanted)
        assert error <= 1e-3, name


def test_first_label_is_never_counted(model: holdfast.Model) -> None:
    ids = [5, 6, 7, 8]
    first, _ = model.loss_and_gradients(ids, ids)
    second, _ = model.loss_and_gradients(ids, [-100, 6, 7, 8])
    assert first == second


def test_a_saved_model_gives_the_same_bits(model: holdfast.Model, tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    model.save(path)
    with holdfast.Model.load(path) as again:
        assert np.array_equal(again.logits([5, 6, 7]), model.logits([5, 6, 7]))
        assert again.parameter_names == model.parameter_names
        assert again.tokenizer.encode("what is") == model.tokenizer.encode("what is")


def test_saved_models_open_in_h5py(model: holdfast.Model, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "model.h5"
    model.save(path)
    with h5py.File(path) as file:
        assert file.attrs["format"] in ("holdfast-model", b"holdfast-model")
        weight = file["weights"]["model.norm.weight"]
        assert weight.dtype == np.float32 and weight.dims[0].label != "" or len(weight.dims[0]) == 1
        assert np.isfinite(weight[...]).all()


@pytest.mark.parametrize("dtype, name", [("float32", "F32"), ("float16", "F16"), ("bfloat16", "BF16")])
def test_an_exported_model_loads_again(model: holdfast.Model, tmp_path: Path, dtype: str, name: str) -> None:
    directory = tmp_path / "exported"
    model.save_pretrained(directory, dtype=dtype, max_shard_size=4000)
    assert (directory / "model.safetensors.index.json").exists() and (directory / "tokenizer.json").exists()
    tensors = holdfast.inspect(directory)["tensors"]
    assert {tensor["type"] for tensor in tensors["list"]} == {name}
    assert {tensor["name"] for tensor in tensors["list"]} == set(model.parameter_names)
    with holdfast.Model.load(directory) as again:
        assert again.tokenizer.encode("what is") == model.tokenizer.encode("what is")
        same = np.array_equal(again.logits([5, 6, 7]), model.logits([5, 6, 7]))
        assert same or dtype != "float32"
    with pytest.raises(holdfast.InvalidArgument, match="not empty"):
        model.save_pretrained(directory)
    with pytest.raises(holdfast.InvalidArgument, match="dtype"):
        model.save_pretrained(tmp_path / "other", dtype="int4")


def test_generation(model: holdfast.Model) -> None:
    greedy = model.generate("what is", max_tokens=12)
    assert greedy == model.generate(model.tokenizer.encode("what is"), max_tokens=12)
    assert len(greedy.tokens) <= 12 and greedy.end in ("length", "end-of-sequence")
    sampled = [model.generate("what is", max_tokens=12, temperature=1.5, top_p=0.9, seed=seed) for seed in (1, 1, 2)]
    assert sampled[0] == sampled[1] != sampled[2]
    assert str(greedy) == greedy.text
    # Greedy decoding is the arg max of the logits, token by token.
    ids = model.tokenizer.encode("what is")
    for token in greedy.tokens:
        assert int(model.logits(ids)[-1].argmax()) == token
        ids.append(token)


def test_generation_streams_and_stops(model: holdfast.Model) -> None:
    pieces = []
    free = model.generate("what is", max_tokens=20, temperature=1.0, seed=3, progress=lambda p: pieces.append(p.detail))
    assert "".join(pieces) == free.text
    stop = free.text[len(free.text) // 2]
    stopped = model.generate("what is", max_tokens=20, temperature=1.0, seed=3, stop=stop)
    assert stopped.end == "stop" and stopped.text == free.text[: free.text.index(stop)]


def test_a_model_is_a_good_python_object(model: holdfast.Model) -> None:
    assert "llama" in repr(model) and "tiny-tied" in repr(model)
    assert model.info["configuration"]["vocab_size"] == model.vocabulary_size == 283
    assert model.context_length == 128
    assert copy.copy(model) is model and copy.deepcopy(model) is model
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(model)
    with holdfast.Model.load(MODELS / "tiny-tied") as other:
        tokenizer = other.tokenizer
    assert other.closed and "closed" in repr(other)
    assert tokenizer.encode("a")  # outlives its model
    other.close()
    with pytest.raises(holdfast.InvalidArgument, match="closed"):
        other.logits([1])


def test_system_info() -> None:
    info = holdfast.system_info()
    assert isinstance(info, dict) and info
    before = holdfast.num_threads()
    holdfast.set_num_threads(1)
    assert holdfast.num_threads() == 1
    holdfast.set_num_threads(before)
    assert holdfast.version().count(".") == 2


def test_inspect(model: holdfast.Model, tmp_path: Path) -> None:
    for path in (MODELS / "tiny-tied", MODELS / "tiny-blocks.q8_0.gguf"):
        assert isinstance(holdfast.inspect(path), dict)
    model.save(tmp_path / "m.h5")
    assert "holdfast" in str(holdfast.inspect(tmp_path / "m.h5"))
