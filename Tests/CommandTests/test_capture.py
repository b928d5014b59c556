"""`holdfast capture`: files in the eyes of stock tools, interruption, memory and full disks, on a tiny model."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import time

import h5py
import numpy
import pytest

from support import COMMAND, environment, write_questions

ALL = ["--sites", "*", "--positions", "all"]


@pytest.fixture
def many(tmp_path):
    return write_questions(tmp_path / "many.jsonl", count=400)


def content(path):
    """Every dataset, bytes and all."""
    with h5py.File(path) as file:
        return {name: file[name][...].tolist() if file[name].dtype.kind == "O" else file[name][...].tobytes()
                for name in file}


def axes(dataset):
    return [dimension[0].name.rsplit("/", 1)[-1] for dimension in dataset.dims]


def test_capture_writes_a_file(holdfast, tiny, questions, tmp_path):
    out = tmp_path / "acts.h5"
    result = holdfast("capture", tiny, "--questions", questions, "--out", out, "--json").json
    assert result["items"] == 12 and result["path"] == str(out) and result["bytes"] == out.stat().st_size
    assert result["tokens"] > 0 and result["tokens_per_second"] > 0
    words = holdfast("capture", tiny, "--questions", questions, "--out", tmp_path / "other.h5", *ALL).out
    assert "tokens/s" in words and "12 items" in words
    again = holdfast("capture", tiny, "--questions", questions, "--out", out, "--json").json
    assert again["resumed_items"] == 12 and again["tokens"] == 0


def test_prompts_are_the_probes(holdfast, tiny, questions, tmp_path):
    for options in ([], ["--probe", "letter"]):
        ledger, out = tmp_path / "l.h5", tmp_path / "a.h5"
        out.unlink(missing_ok=True)
        holdfast("probe", tiny, "--questions", questions, "--out", ledger, *options)
        holdfast("capture", tiny, "--questions", questions, "--out", out, "--positions", "all", *options)
        with h5py.File(ledger) as asked, h5py.File(out) as shown:
            assert shown["item"][...].tolist() == asked["id"][...].tolist()
            assert shown["prompt_length"][...].tolist() == asked["prompt_tokens"][...].tolist()
            assert shown["answer"][...].tolist() == asked["gold"][...].tolist()
            choice, token = shown["choice"][...], shown["token"][...]
            for item in range(12):
                mine = token[item][choice[item] >= 0].tolist()
                assert mine == [number for number in asked["choice_tokens"][item].tolist() if number >= 0]


def test_stock_tools_read_segments_and_files(holdfast, tiny, questions, tmp_path):
    xarray = pytest.importorskip("xarray")
    whole = tmp_path / "whole.h5"
    holdfast("capture", tiny, "--questions", questions, "--out", whole, *ALL)
    stopped = tmp_path / "stopped.h5"
    holdfast("capture", tiny, "--questions", questions, "--out", stopped, *ALL, "--segment-items", 5)
    assert content(stopped) == content(whole)
    assert not os.path.exists(f"{stopped}.segments")
    for path in (whole, stopped):
        dump = subprocess.run(["h5dump", "-A", path], capture_output=True, text=True)
        assert dump.returncode == 0 and "H5S_UNLIMITED" in dump.stdout and '"holdfast-activations"' in dump.stdout
        with h5py.File(path) as file:
            assert axes(file["hook_resid_post"]) == ["item", "layer", "position", "d_model"]
            assert axes(file["attn.hook_pattern"]) == ["item", "layer", "position", "head", "key"]
            assert axes(file["ln_final.hook_scale"]) == ["item", "position"]
            assert file["hook_resid_post"].maxshape[0] is None
        with xarray.open_dataset(path, engine="h5netcdf") as data:
            assert not [name for name in data.sizes if name.startswith("phony")]
            assert data["attn.hook_k"].dims == ("item", "layer", "position", "kv_head", "d_head")
            assert data["hook_resid_post"].sel(item="q3", layer=1).sizes["d_model"] > 1
            pattern = data["attn.hook_pattern"].sum("key").where(data["token"] >= 0)
            assert float(abs(pattern - 1).max()) < 1e-5


def test_types_and_compression(holdfast, tiny, questions, tmp_path):
    files = {}
    for dtype in ("float32", "float16", "bfloat16"):
        for options in ([], ["--compression"]):
            path = tmp_path / f"{dtype}{len(options)}.h5"
            holdfast("capture", tiny, "--questions", questions, "--out", path, *ALL, "--dtype", dtype, *options)
            with h5py.File(path) as file:
                values = file["hook_resid_post"]
                assert (values.compression, values.shuffle) == (("gzip", True) if options else (None, False))
                files[dtype, len(options)] = values[...]
        assert files[dtype, 0].tobytes() == files[dtype, 1].tobytes()
    exact = files["float32", 0]
    assert exact.astype("float16").tobytes() == files["float16", 0].tobytes()
    bits = exact.view("uint32")
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).view("float32")
    known = ~numpy.isnan(exact)
    assert (rounded == files["bfloat16", 0])[known].all() and numpy.isnan(files["bfloat16", 0][~known]).all()


def test_same_bits_for_any_threads_batches_and_memory(holdfast, tiny, questions, tmp_path):
    expected = None
    for number, options in enumerate((["--threads", 1], ["--threads", 2, "--batch-size", 5], ["--memory", "400K"],
                                      ["--segment-items", 7, "--batch-size", 3])):
        path = tmp_path / f"{number}.h5"
        holdfast("capture", tiny, "--questions", questions, "--out", path, *ALL, *options)
        expected = expected or content(path)
        assert content(path) == expected, options


def test_killed_captures_go_on(holdfast, tiny, many, tmp_path):
    arguments = [tiny, "--questions", many, *ALL, "--segment-items", 10, "--batch-size", 5]
    holdfast("capture", *arguments, "--out", tmp_path / "whole.h5")
    out = tmp_path / "acts.h5"
    segments = tmp_path / "acts.h5.segments"
    kills = 0
    for _ in range(200):
        child = subprocess.Popen([COMMAND, "capture", *map(str, arguments), "--out", out], stderr=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, env=environment())
        before = len(list(segments.glob("segment-*")))
        while child.poll() is None and len(list(segments.glob("segment-*"))) < before + 3:
            time.sleep(0.002)
        if child.poll() is not None:
            break
        child.send_signal(signal.SIGKILL)
        child.wait()
        kills += 1
        for path in sorted(segments.glob("segment-*.h5")):
            with h5py.File(path) as file:
                assert file["hook_resid_post"].shape[0] == 10
    assert child.returncode == 0 and kills >= 3
    assert content(out) == content(tmp_path / "whole.h5")
    assert not segments.exists()


def test_interrupted_captures_lose_nothing(holdfast, tiny, many, tmp_path):
    out = tmp_path / "acts.h5"
    arguments = [tiny, "--questions", many, *ALL, "--batch-size", 2]
    child = subprocess.Popen([COMMAND, "capture", *map(str, arguments), "--out", out], stderr=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, env=environment())
    segments = tmp_path / "acts.h5.segments"
    while child.poll() is None and not list(segments.glob(".*tmp")):
        time.sleep(0.002)
    child.send_signal(signal.SIGINT)
    assert child.wait() == 130
    sealed = list(segments.glob("segment-*.h5"))
    with h5py.File(sealed[0]) as file:
        count = file["length"].shape[0]
    refused = holdfast("capture", *arguments[:3], "--positions", "last", "--out", out, status=2)
    assert "other options" in refused.err and "acts.h5.segments" in refused.err
    result = holdfast("capture", *arguments, "--out", out, "--json").json
    assert result["resumed_items"] == count > 0
    holdfast("capture", *arguments, "--out", tmp_path / "whole.h5")
    assert content(out) == content(tmp_path / "whole.h5")


def peak(arguments):
    """The peak memory of a command, in MiB."""
    process = subprocess.Popen([COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=environment())
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return usage.ru_maxrss / 1024


def test_memory_is_bounded(tiny, many, tmp_path):
    texts = tmp_path / "texts.jsonl"
    with open(texts, "w") as file:
        for number in range(3000):
            file.write(json.dumps([3 + (number + place) % 200 for place in range(40)]) + "\n")
    def run(limit, memory, name):
        return peak(["capture", tiny, "--texts", texts, "--sites", "*", "--positions", "prompt", "--limit", limit,
                     "--batch-size", 1000, "--memory", memory, "--out", tmp_path / name])
    few = run(1, "16M", "few.h5")
    lots = run(3000, "16M", "lots.h5")
    size = (tmp_path / "lots.h5").stat().st_size >> 20
    assert size > 150, size
    assert lots - few < 16 + 48, (few, lots)


def test_a_full_disk_loses_nothing(holdfast, tiny, many, tmp_path):
    libc = ctypes.CDLL(None, use_errno=True)
    small = tmp_path / "small"
    small.mkdir()
    if libc.mount(b"none", str(small).encode(), b"tmpfs", 0, b"size=1m") != 0:
        pytest.skip("not allowed to mount a small file system")
    try:
        error = holdfast("capture", tiny, "--questions", many, *ALL, "--out", small / "acts.h5", status=2).err
        assert "the disk has" in error
        assert not (small / "acts.h5.segments").exists()
        # The numbers would fit, the segments do not.
        arguments = [tiny, "--questions", many, "--sites", "blocks.0.hook_resid_post", "--segment-items", 4]
        error = holdfast("capture", *arguments, "--out", small / "acts.h5", status=2).err
        assert "No space left" in error
        sealed = sorted((small / "acts.h5.segments").glob("*"))
        assert sealed and not (small / "acts.h5").exists()
        count = 0
        for path in (small / "acts.h5.segments").glob("segment-*.h5"):
            with h5py.File(path) as file:
                count += file["hook_resid_post"].shape[0]
        assert count > 0
        # On a larger disk it goes on.
        shutil.copytree(small / "acts.h5.segments", tmp_path / "acts.h5.segments")
    finally:
        libc.umount2(str(small).encode(), 2)
    out = tmp_path / "acts.h5"
    result = holdfast("capture", *arguments, "--out", out, "--json").json
    assert result["resumed_items"] == count
    holdfast("capture", *arguments, "--out", tmp_path / "whole.h5")
    assert content(out) == content(tmp_path / "whole.h5")


def test_texts_and_tokens(holdfast, tiny, tmp_path):
    out = tmp_path / "acts.h5"
    texts = tmp_path / "texts.jsonl"
    texts.write_text('"a b"\n{"id": "named", "text": "b"}\n[5, 6, 7]\n')
    holdfast("capture", tiny, "--text", "ab", "--text", "-b", "--tokens", "5,6", "--texts", texts, "--positions", "prompt",
             "--out", out)
    with h5py.File(out) as file:
        assert [name.decode() for name in file["item"][...]] == ["0", "1", "2", "3", "named", "5"]
        assert file["token"][2, :2].tolist() == [5, 6]
        assert json.loads(file.attrs["source"]) == {"texts": 6}
    holdfast("capture", tiny, "--texts", texts, "--positions", "-1", "--items", "named", "2", "--out", tmp_path / "two.h5")
    with h5py.File(tmp_path / "two.h5") as file:
        assert [name.decode() for name in file["item"][...]] == ["named", "2"]
        assert file["token"][1, 0] == 7


def test_wrong_arguments_are_named(holdfast, tiny, questions, tmp_path):
    out = ["--out", tmp_path / "acts.h5"]
    for arguments, words in [
        ([tiny, *out], "--questions"),
        ([tiny, "--text", "a", "--questions", questions, *out], "--questions"),
        ([tiny, "--text", "a", "--sites", "hook_nothing", *out], "hook_nothing"),
        ([tiny, "--text", "a", "--layers", "0-99", *out], "no layer"),
        ([tiny, "--text", "a", "--layers", "x", *out], "0-5,11"),
        ([tiny, "--text", "a", "--positions", "first", *out], "first"),
        ([tiny, "--text", "a", "--positions", "0,x", *out], "--positions"),
        ([tiny, "--tokens", "1,x", *out], "--tokens"),
        ([tiny, "--tokens", "999999", *out], "999999"),
        ([tiny, "--text", "a", "--memory", "1", *out], "memory"),
        ([tiny, "--questions", questions, "--items", "z*", *out], "filter"),
        ([tiny, "--text", "a", "--out", tmp_path], "folder"),
    ]:
        assert words in holdfast("capture", *arguments, status=2).err, arguments
    assert os.listdir(tmp_path) == ["questions.jsonl"]


def test_inspect_shows_it_in_one_screen(holdfast, tiny, questions, tmp_path):
    out = tmp_path / "acts.h5"
    holdfast("capture", tiny, "--questions", questions, "--out", out, *ALL)
    shown = holdfast("inspect", out).out
    assert len(shown.splitlines()) <= 40
    for words in ("holdfast-activations", "12", "blocks.{layer}.attn.hook_q", "positions", "float32"):
        assert words in shown
    described = holdfast("inspect", out, "--json").json
    assert described["format"] == "holdfast-activations" and described["items"] == 12
