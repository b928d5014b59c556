"""The library in a Python process: callbacks, signals, threads, forks, and other libraries beside it."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict

import holdfast
import numpy as np
import pytest
from conftest import FIXTURES, MODELS, ROOT
from holdfast import _abi, _library

PACKAGE = ROOT / "bindings" / "python"


def run(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Runs code in a fresh interpreter that finds the package."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PACKAGE), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_progress(model: holdfast.Model, questions: Path) -> None:
    seen = []
    holdfast.probe(model, questions, batch_size=4, progress=seen.append)
    assert seen[0].stage == "probe" and seen[0].unit == "questions"
    assert seen[-1].done == seen[-1].total == 24
    assert [report.done for report in seen] == sorted(report.done for report in seen)


@pytest.mark.parametrize("work", ["generate", "probe", "tune", "compare", "study"])
def test_exceptions_in_callbacks_come_out(
    work: str, model: holdfast.Model, data: Path, quick: Dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    class Mine(Exception):
        pass

    def fail(_: holdfast.Progress) -> None:
        raise Mine("from the callback")

    def cancel(_: holdfast.Progress) -> bool:
        return False

    def call(progress: Any) -> Any:
        questions = data / "questions.jsonl"
        if work == "generate":
            return model.generate("what is", progress=progress)
        if work == "probe":
            return holdfast.probe(model, questions, progress=progress)
        if work == "tune":
            return holdfast.tune(model, data / "instructions.jsonl", progress=progress, **quick)
        if work == "compare":
            return holdfast.compare(model, model, questions, progress=progress)
        return holdfast.study(data / "study.json", progress=progress)

    with pytest.raises(Mine, match="from the callback"):
        call(fail)
    with pytest.raises(holdfast.Cancelled):
        call(cancel)
    assert "Exception ignored" not in capfd.readouterr().err


def test_ctrl_c_stops_long_work(model: holdfast.Model, instructions: Path, quick: Dict[str, Any]) -> None:
    def interrupt(report: holdfast.Progress) -> None:
        if report.done == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        holdfast.tune(model, instructions, progress=interrupt, **dict(quick, epochs=1000))


def test_ctrl_c_is_noticed_without_a_callback(model: holdfast.Model, instructions: Path, quick: Dict[str, Any]) -> None:
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        timer.start()
        holdfast.tune(model, instructions, **dict(quick, epochs=1_000_000))


def test_callbacks_may_call_the_library(model: holdfast.Model, questions: Path) -> None:
    def nested(_: holdfast.Progress) -> None:
        assert model.logits([5, 6]).shape == (2, 283)
        assert len(holdfast.probe(model, questions, limit=2)) == 2

    assert len(holdfast.probe(model, questions, progress=nested)) == 24


def test_threads_give_the_same_bits(model: holdfast.Model, questions: Path) -> None:
    logits, table = model.logits([5, 6, 7]), holdfast.probe(model, questions).to_numpy()

    def work(_: int) -> bool:
        tokens = model.tokenizer.encode("what is the answer?")
        return (
            np.array_equal(model.logits([5, 6, 7]), logits)
            and np.array_equal(holdfast.probe(model, questions).to_numpy(), table)
            and model.tokenizer.decode(tokens) == "what is the answer?"
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(40)))


def test_thread_counts_give_the_same_bits(
    model: holdfast.Model, questions: Path, instructions: Path, quick: Dict[str, Any]
) -> None:
    before = holdfast.num_threads()
    try:
        results = []
        for count in (1, 2, 3):
            holdfast.set_num_threads(count)
            tuned, _ = holdfast.tune(model, instructions, **quick)
            results.append((holdfast.probe(model, questions).to_numpy(), tuned.logits([5, 6, 7])))
        for table, logits in results[1:]:
            assert np.array_equal(table, results[0][0]) and np.array_equal(logits, results[0][1])
    finally:
        holdfast.set_num_threads(before)


def test_a_model_is_closed_under_a_running_call(questions: Path) -> None:
    model = holdfast.Model.load(MODELS / "tiny-tied")
    ledger = holdfast.probe(model, questions, progress=lambda _: model.close())
    assert model.closed and len(ledger) == 24


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_computes_the_same() -> None:
    code = f"""
import os, holdfast, numpy as np
model = holdfast.Model.load({str(MODELS / "tiny-tied")!r})
wanted = model.logits([5, 6, 7])
holdfast.probe(model, {str(FIXTURES / "face" / "questions.jsonl")!r})
child = os.fork()
if child == 0:
    os._exit(0 if np.array_equal(model.logits([5, 6, 7]), wanted) else 1)
assert os.waitpid(child, 0)[1] == 0
assert np.array_equal(model.logits([5, 6, 7]), wanted)
print("same")
"""
    result = run(code, HOLDFAST_NUM_THREADS="3")
    assert result.stdout == "same\n", result.stderr


ORDERS = {
    "holdfast first": "import holdfast; holdfast.version(); import numpy, h5py",
    "others first": "import numpy, h5py; numpy.ones((300, 300)) @ numpy.ones((300, 300)); import holdfast",
    "files first": "import numpy, h5py; h5py.File(TMP + '/first.h5', 'w').close(); import holdfast",
}


@pytest.mark.parametrize("order", ORDERS)
def test_beside_numpy_and_h5py(order: str, tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    code = f"""
TMP = {str(tmp_path)!r}
{ORDERS[order]}
info = holdfast.system_info()
assert "prescott" not in str(info).lower(), info
model = holdfast.Model.load({str(MODELS / "tiny-tied")!r})
ledger = holdfast.probe(model, {str(FIXTURES / "face" / "questions.jsonl")!r})
ledger.save(TMP + "/ledger.h5")
with h5py.File(TMP + "/mine.h5", "w") as file:
    file["x"] = numpy.arange(10)
model.save(TMP + "/model.h5")
with h5py.File(TMP + "/model.h5") as file, h5py.File(TMP + "/mine.h5") as other:
    assert other["x"][9] == 9 and len(file) > 0
    again = holdfast.Ledger.load(TMP + "/ledger.h5")
assert numpy.array_equal(again.to_numpy(), ledger.to_numpy())
assert numpy.allclose(numpy.ones((300, 300)) @ numpy.ones((300, 300)), 300)
print("fine")
"""
    result = run(code)
    assert result.stdout == "fine\n", result.stderr


def test_a_library_that_is_not_there(tmp_path: Path) -> None:
    result = run("import holdfast; holdfast.version()", HOLDFAST_LIBRARY=str(tmp_path / "none.so"))
    assert "LibraryNotFound" in result.stderr and "none.so" in result.stderr
    text = tmp_path / "text.so"
    text.write_text("no library")
    result = run("import holdfast; holdfast.version()", HOLDFAST_LIBRARY=str(text))
    assert "LibraryNotFound" in result.stderr and "text.so" in result.stderr


def test_the_package_imports_without_a_library(tmp_path: Path) -> None:
    result = run("import holdfast; print(holdfast.__version__)", HOLDFAST_LIBRARY=str(tmp_path / "none.so"))
    assert result.stdout == "0.1.0\n", result.stderr


def test_structures_are_those_of_c() -> None:
    """ctypes' layouts against the recorded ones, which a C program checks against the headers."""
    recorded = dict(line.rsplit(" ", 1) for line in (ROOT / "Tests" / "ABI" / "layout.txt").read_text().splitlines())
    structures = {
        "progress": _abi.Progress,
        "generate_options": _abi.GenerateOptions,
        "probe_options": _abi.ProbeOptions,
        "ledger_row": _abi.LedgerRow,
        "tune_options": _abi.TuneOptions,
        "compare_options": _abi.CompareOptions,
        "interval": _abi.Interval,
    }
    for name, kind in structures.items():
        assert ctypes.sizeof(kind) == int(recorded[f"holdfast_{name}"])
        fields = [key.split(".")[1] for key in recorded if key.startswith(f"holdfast_{name}.")]
        assert fields == [field[0] for field in kind._fields_]
        for field in fields:
            place = getattr(kind, field)
            assert f"{place.offset}+{place.size}" == recorded[f"holdfast_{name}.{field}"]


def test_functions_are_those_of_c() -> None:
    recorded = (ROOT / "Tests" / "ABI" / "symbols.txt").read_text().split()
    assert sorted(_abi.FUNCTIONS) == recorded


def test_nothing_is_leaked(model: holdfast.Model, questions: Path) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    if not Path("/proc/self/statm").exists():
        pytest.skip("there is no /proc")

    def work(rounds: int) -> None:
        for _ in range(rounds):
            model.tokenizer.encode("what is the answer? " * 20)
            model.loss_and_gradients([5, 6, 7], [5, 6, 7])
            holdfast.probe(model, questions, limit=4)
            with pytest.raises(holdfast.InvalidArgument):
                model.logits([-1])

    work(50)
    gc.collect()
    before = resident()
    work(300)
    gc.collect()
    assert resident() - before < 8 << 20


def test_defaults_are_those_of_the_library() -> None:
    """Python's keyword defaults repeat the library's; neither may move alone."""
    import inspect as reflection

    def defaults(function: Any) -> Dict[str, Any]:
        return {
            name: parameter.default
            for name, parameter in reflection.signature(function).parameters.items()
            if parameter.default is not reflection.Parameter.empty
        }

    lib = _library.library()

    def options(kind: Any, name: str) -> Any:
        structure = kind()
        getattr(lib, f"holdfast_{name}_options_init")(ctypes.byref(structure), ctypes.sizeof(kind))
        return structure

    c, python = options(_abi.ProbeOptions, "probe"), defaults(holdfast.probe)
    assert _abi.PROBES[c.probe] == python["probe"] and _abi.MODES[c.mode] == python["mode"]
    assert _abi.BOS_POLICIES[c.bos] == python["bos"]
    assert _abi.NORMALIZATIONS[c.normalization] == python["normalization"]
    assert _abi.WORDINGS[c.wording] == python["wording"]
    assert (c.shots, c.batch_size, c.rotation, c.seed, c.limit) == (
        python["shots"],
        python["batch_size"],
        python["rotation"],
        python["seed"],
        0,
    )
    c, python = options(_abi.TuneOptions, "tune"), defaults(holdfast.tune)
    assert _abi.SCHEDULES[c.schedule] == python["schedule"] and _abi.BOS_POLICIES[c.bos] == python["bos"]
    assert _abi.MOMENT_PRECISIONS[c.moment_precision] == python["moment_precision"]
    for name in (
        "batch_size micro_batch_size micro_batch_tokens max_steps epochs learning_rate warmup_ratio weight_decay "
        "clip_norm beta1 beta2 epsilon seed shuffle max_length checkpoint_every resume lora_rank lora_alpha "
        "lora_dropout use_rslora kl_weight recompute"
    ).split():
        assert getattr(c, name) == python[name], name
    c, python = options(_abi.CompareOptions, "compare"), defaults(holdfast.compare)
    assert (c.resamples, c.confidence_level, c.min_consistency, c.seed) == (
        python["resamples"],
        python["confidence_level"],
        python["min_consistency"],
        python["bootstrap_seed"],
    )
    c, python = options(_abi.GenerateOptions, "generate"), defaults(holdfast.Model.generate)
    assert (c.max_tokens, c.temperature, c.top_p, c.seed) == (
        python["max_tokens"],
        python["temperature"],
        python["top_p"],
        python["seed"],
    )


def test_the_example_runs(data: Path) -> None:
    result = subprocess.run(
        [
            sys.executable,
            str(ROOT / "examples" / "python" / "quickstart.py"),
            str(MODELS / "tiny-tied"),
            str(data / "questions.jsonl"),
            str(data / "instructions.jsonl"),
            str(data / "study.json"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode in (0, 3), result.stderr
    for wanted in ("likeliest token", "gradients of", "cancelled as asked", "losses [", "consistency", "study"):
        assert wanted in result.stdout
