"""Files: those of other tools, those of older formats, and those of Holdfast in stock tools."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict

import numpy as np
import pytest

import holdfast
from conftest import FIXTURES, MODELS, read_safetensors

h5py = pytest.importorskip("h5py")

TINY = MODELS / "tiny-tied"
TOKENS = [1, 5, 9, 2, 7]


def write_model(path: Path, layout: Dict[str, Any], **file_options: Any) -> None:
    """A model file written by h5py alone, from a Hugging Face directory."""
    with h5py.File(path, "w", **file_options) as file:
        file.attrs["format"] = "holdfast-model"
        file.attrs["format_version"] = "1.0.0"
        file["config"] = (TINY / "config.json").read_text()
        file["tokenizer"] = (TINY / "tokenizer.json").read_text()
        file["tokenizer_config"] = (TINY / "tokenizer_config.json").read_text()
        for name, values in read_safetensors(TINY / "model.safetensors").items():
            file.create_dataset(f"weights/{name}", data=values, **layout)


@pytest.mark.parametrize("libver", [None, ("v108", "v110"), ("v110", "v110")])
@pytest.mark.parametrize(
    "layout",
    [{}, {"chunks": True}, {"compression": "gzip", "shuffle": True, "fletcher32": True}],
    ids=["contiguous", "chunked", "filtered"],
)
def test_a_model_written_by_h5py_alone(tmp_path: Path, layout: Dict[str, Any], libver: Any) -> None:
    path = tmp_path / "model.h5"
    write_model(path, layout, libver=libver)
    original, written = holdfast.Model.load(TINY), holdfast.Model.load(path)
    assert np.array_equal(original.logits(TOKENS), written.logits(TOKENS))
    text = "what is 3 and 4?"
    assert np.array_equal(original.tokenizer.encode(text), written.tokenizer.encode(text))
    report = holdfast.verify(path)
    assert report["ok"] and report["format"] == "holdfast-model" and report["checksums"] == 0


def test_fixed_length_strings_are_documents(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    write_model(path, {})
    with h5py.File(path, "r+") as file:
        for name in ("config", "tokenizer"):
            text = file[name][()]
            del file[name]
            file[name] = np.bytes_(text)
        file.attrs["format"] = np.bytes_(b"holdfast-model")
    expected = holdfast.Model.load(TINY).logits(TOKENS)
    assert np.array_equal(holdfast.Model.load(path).logits(TOKENS), expected)


def old(name: str, folder: Path) -> Path:
    """A file of an older format version, unpacked."""
    path = folder / name
    path.write_bytes(gzip.decompress((FIXTURES / "hdf5" / f"{name}.gz").read_bytes()))
    return path


OLD = sorted(path.name[:-3] for path in (FIXTURES / "hdf5").glob("*.h5.gz"))


@pytest.mark.parametrize("name", OLD)
def test_files_of_older_versions_are_whole(name: str, tmp_path: Path) -> None:
    report = holdfast.verify(old(name, tmp_path))
    assert report["ok"], report["findings"]
    assert report["format_version"] == name[:-3].rsplit("-", 1)[1] + ".0"
    assert holdfast.inspect(tmp_path / name)["format"] == report["format"]


def test_files_of_older_versions_load(tmp_path: Path) -> None:
    assert {"model-1.0.h5", "model-2.0.h5", "ledger-1.2.h5", "activations-1.0.h5"} <= set(OLD)
    plain = holdfast.Model.load(old("model-1.0.h5", tmp_path))
    tuned = holdfast.Model.load(old("model-2.0.h5", tmp_path))
    assert plain.logits(TOKENS).shape == tuned.logits(TOKENS).shape
    assert len(holdfast.Ledger.load(old("ledger-1.2.h5", tmp_path))) == 8


def written_files(tmp_path: Path) -> Dict[str, Path]:
    """One file of each kind that takes no study."""
    shutil.copytree(FIXTURES / "face", tmp_path / "face")
    model = holdfast.Model.load(TINY)
    questions = tmp_path / "face" / "questions.jsonl"
    files = {name: tmp_path / f"{name}.h5" for name in ("model", "activations", "ledger")}
    model.save(files["model"])
    holdfast.probe(model, questions).save(files["ledger"])
    holdfast.capture(model, questions, positions="prompt", out=files["activations"])
    return files


def test_checksums_are_those_of_the_specification(tmp_path: Path) -> None:
    for path in written_files(tmp_path).values():
        report = holdfast.verify(path)
        assert report["ok"] and report["checksums"] == report["datasets"] > 0, report
        seen = []

        def check(name: str, item: Any) -> None:
            if not isinstance(item, h5py.Dataset) or "sha256" not in item.attrs:
                return
            if item.dtype.kind == "O":
                data = b"".join(text + b"\0" for text in np.ravel(item[()]))
            else:
                data = np.asarray(item[()]).tobytes()
            assert hashlib.sha256(data).hexdigest() == item.attrs["sha256"], name
            seen.append(name)

        with h5py.File(path) as file:
            file.visititems(check)
        assert len(seen) == report["checksums"]


def test_verify_finds_what_is_wrong(tmp_path: Path) -> None:
    path = written_files(tmp_path)["model"]
    whole = path.read_bytes()
    with h5py.File(path) as file:
        dataset = file["weights/model.norm.weight"]
        place = dataset.id.get_offset()
    changed = bytearray(whole)
    changed[place] ^= 1
    path.write_bytes(changed)
    [finding] = holdfast.verify(path)["findings"]
    assert (finding["kind"], finding["place"]) == ("checksum", "/weights/model.norm.weight")
    changed[place : place + 4] = np.float32(np.nan).tobytes()
    path.write_bytes(changed)
    kinds = {finding["kind"] for finding in holdfast.verify(path)["findings"]}
    assert kinds == {"checksum", "non-finite"}
    path.write_bytes(whole[: len(whole) // 2])
    report = holdfast.verify(path)
    assert not report["ok"] and report["findings"][0]["kind"] == "structure"
    with pytest.raises(holdfast.NotFound):
        holdfast.verify(tmp_path / "nothing.h5")
    with pytest.raises(holdfast.Unsupported):
        holdfast.verify(FIXTURES / "face" / "questions.jsonl")


def test_verify_reads_other_models() -> None:
    for name in ("tiny-tied", "tiny-untied", "tiny-blocks.q8_0.gguf", "tiny-tied/model.safetensors"):
        report = holdfast.verify(MODELS / name)
        assert report["ok"] and report["datasets"] > 0, report


def test_verify_can_be_cancelled(tmp_path: Path) -> None:
    with pytest.raises(holdfast.Cancelled):
        holdfast.verify(TINY, progress=lambda progress: False)


def test_stock_tools_read_the_files(tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("h5netcdf")
    files = written_files(tmp_path)
    for path in files.values():
        if shutil.which("h5dump"):
            assert subprocess.run(["h5dump", "-A", str(path)], capture_output=True).returncode == 0
    with xarray.open_dataset(files["ledger"], engine="h5netcdf", phony_dims=None) as ledger:
        assert {"item", "choice"} <= set(ledger.dims)
        frame = ledger[["id", "gold", "predicted", "confidence"]].to_dataframe()
        assert isinstance(frame, pandas.DataFrame) and len(frame) == ledger.sizes["item"]
    with xarray.open_dataset(files["activations"], engine="h5netcdf", phony_dims=None) as data:
        assert data["hook_resid_post"].dims == ("item", "layer", "position", "d_model")
    with xarray.open_dataset(files["model"], engine="h5netcdf", group="weights", phony_dims=None) as weights:
        expected = read_safetensors(TINY / "model.safetensors")["model.norm.weight"]
        assert np.array_equal(weights["model.norm.weight"].values, expected)
    with h5py.File(files["model"]) as file:
        assert json.loads(file["config"][()])["model_type"] == "llama"
