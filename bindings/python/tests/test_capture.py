"""Activations: in memory against the logits, and files as stock tools see them."""

from __future__ import annotations

import gc
from pathlib import Path

import holdfast
import numpy as np
import pytest


def test_run_with_cache_shares_memory(model: holdfast.Model) -> None:
    ids = model.tokenizer.encode("what is")
    logits, cache = model.run_with_cache("what is")
    assert np.array_equal(logits, model.logits(ids))
    name = "blocks.0.hook_resid_post"
    layers = model.info["configuration"]["num_hidden_layers"]
    assert name in cache and f"blocks.{layers - 1}.mlp.hook_post" in cache and "blocks.9.hook_z" not in cache
    array = cache[name]
    assert array.dtype == np.float32 and array.shape == (len(ids), model.info["configuration"]["hidden_size"])
    assert not array.flags.owndata
    before = array.copy()
    del cache, logits
    gc.collect()
    assert np.array_equal(array, before)  # the view keeps the memory
    assert np.array_equal(np.from_dlpack(array), before)
    _, few = model.run_with_cache(ids, ["hook_embed", "blocks.*.hook_resid_post"])
    assert list(few) == ["hook_embed"] + [f"blocks.{i}.hook_resid_post" for i in range(layers)]
    assert np.array_equal(few[name], before)
    pattern = model.run_with_cache(ids, "blocks.0.attn.hook_pattern")[1]["blocks.0.attn.hook_pattern"]
    assert np.allclose(pattern.sum(-1), 1, atol=1e-6)
    with pytest.raises(holdfast.InvalidArgument, match="hook_nothing"):
        model.run_with_cache(ids, "hook_nothing")
    with pytest.raises(holdfast.InvalidArgument):
        model.run_with_cache([], "*")


def test_captured_texts_equal_the_cache(model: holdfast.Model, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    texts = ["what is", {"id": "two", "text": "a b c"}, [5, 6, 7]]
    done = holdfast.capture(
        model, out=tmp_path / "acts.h5", texts=texts, sites=["blocks.*.hook_resid_post", "hook_embed"], positions="prompt"
    )
    assert done.items == 3 and done.tokens > 0 and done.tokens_per_second > 0 and done.resumed_items == 0
    with h5py.File(tmp_path / "acts.h5") as file:
        assert file.attrs["format"] == "holdfast-activations"
        assert [name.decode() for name in file["item"][...]] == ["0", "two", "2"]
        residual = file["hook_resid_post"]
        assert [dimension.label or dimension[0].name.rsplit("/", 1)[-1] for dimension in residual.dims] == [
            "item",
            "layer",
            "position",
            "d_model",
        ]
        assert residual.maxshape[0] is None and residual.chunks is not None
        for index, text in enumerate(["what is", "a b c", [5, 6, 7]]):
            _, cache = model.run_with_cache(text)
            length = file["length"][index]
            assert np.array_equal(residual[index, 1, :length], cache["blocks.1.hook_resid_post"])
            assert np.array_equal(file["hook_embed"][index, :length], cache["hook_embed"])
            assert np.isnan(residual[index, :, length:]).all()
            ids = model.tokenizer.encode(text) if isinstance(text, str) else text
            assert file["token"][index, :length].tolist() == ids
            words = [word.decode() for word in file["token_text"][index, :length]]
            assert words == [model.tokenizer.decode([token]) for token in ids]


def test_capture_of_questions(model: holdfast.Model, questions: Path, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    reports = []
    done = holdfast.capture(
        model,
        questions,
        out=tmp_path / "acts.h5",
        layers="0-1",
        positions="answer",
        items={"ids": "sum-*", "limit": 5},
        dtype="bfloat16",
        compression=True,
        probe={"wording": "short"},
        progress=reports.append,
    )
    assert done.items == 5 and reports[0].stage == "capture" and reports[-1].done == 5
    with done.open() as data:
        assert isinstance(data, xarray.Dataset)
        assert data["hook_resid_post"].dims == ("item", "layer", "position", "d_model")
        assert data["hook_resid_post"].sel(item="sum-2", layer=1).notnull().any()
        assert (data["answer"].values >= 0).all()
        assert not [name for name in data.sizes if name.startswith("phony")]
        # Where the answer's tokens are.
        spelled = "".join(data["token_text"].sel(item="sum-1").values.tolist()).strip()
        assert spelled == "23"


def test_the_example_of_the_documentation(model: holdfast.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines of docs/activations.md, as they stand there."""
    pytest.importorskip("xarray")
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    text = (Path(__file__).resolve().parents[3] / "docs" / "activations.md").read_text()
    lines = text.split("```python\n")[1].split("```")[0]
    assert len(lines.strip().splitlines()) == 3
    holdfast.capture(model, out=tmp_path / "acts.h5", texts=["what is", "what"], positions="prompt")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(lines, names)
    import matplotlib.pyplot as plt

    axes = plt.gcf().axes
    assert axes and axes[0].get_xlabel() and axes[0].get_ylabel() == "layer"
    plt.close("all")


def test_bad_captures_are_refused(model: holdfast.Model, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "acts.h5"
    for options, words in [
        (dict(texts=["a"], sites="hook_nothing"), "hook_nothing"),
        (dict(texts=["a"], layers=[99]), "99"),
        (dict(texts=["a"], dtype="int8"), "dtype"),
        (dict(texts=["a"], positions="first"), "positions"),
        (dict(texts=["a"], positions="answer"), "answer"),
        (dict(texts=["a"], memory="lots"), "memory"),
        (dict(texts=[{"text": "a", "words": 1}]), "words"),
        (dict(texts=[{"id": "x", "text": "a"}, {"id": "x", "text": "b"}]), "share the id"),
        (dict(texts=["a"], items={"ids": ["z"]}), "filter"),
        (dict(texts=["a"], probe={"shot": 1}), "shot"),
        (dict(), "questions or texts"),
    ]:
        with pytest.raises(holdfast.InvalidArgument, match=words):
            holdfast.capture(model, out=out, **options)
    with pytest.raises(holdfast.InvalidArgument, match="questions or texts"):
        holdfast.capture(model, questions, out=out, texts=["a"])
    with pytest.raises(TypeError):
        holdfast.capture(model, out=out, texts="a")
    assert not out.exists()


def test_a_cancelled_capture_goes_on(model: holdfast.Model, questions: Path, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    options = dict(positions="choices", batch_size=2)
    holdfast.capture(model, questions, out=tmp_path / "whole.h5", **options)
    with pytest.raises(holdfast.Cancelled):
        holdfast.capture(model, questions, out=tmp_path / "acts.h5", progress=lambda p: p.done < 6, **options)
    (segment,) = (tmp_path / "acts.h5.segments").glob("segment-*.h5")
    with h5py.File(segment) as file:
        assert file["hook_resid_post"].shape[0] == 6
    with pytest.raises(holdfast.InvalidArgument, match="other options"):
        holdfast.capture(model, questions, out=tmp_path / "acts.h5", positions="last")
    done = holdfast.capture(model, questions, out=tmp_path / "acts.h5", **options)
    assert done.resumed_items == 6 and not (tmp_path / "acts.h5.segments").exists()
    with h5py.File(tmp_path / "acts.h5") as one, h5py.File(tmp_path / "whole.h5") as two:
        for name in two:
            assert one[name][...].tobytes() == two[name][...].tobytes() or one[name].dtype.kind == "O", name
