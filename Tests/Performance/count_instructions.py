"""Counts the instructions of a few fixed runs with callgrind, and compares them with instructions.json.

    count_instructions.py [--record]

Seconds differ from machine to machine and from minute to minute; instructions of the same program do not. They are counted
on one thread with the AVX2 kernels, because valgrind has no AVX-512. A run that takes 2 % more than is recorded is a
regression; one that takes 2 % less asks to be recorded.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / ".build/release/holdfast"
RECORD = Path(__file__).with_name("instructions.json")
CACHE = Path(os.environ.get("HOLDFAST_CACHE", Path.home() / ".cache/holdfast"))
MODEL = CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
TINY = ROOT / "Tests/Fixtures/model/tiny-tied"
BLOCKS = ROOT / "Tests/Fixtures/model/tiny-blocks.q8_0.gguf"
TOLERANCE = 0.02


def runs(folder):
    """Command lines by name; they write into `folder`."""
    data = folder / "rows.jsonl"
    rows = [{"prompt": f"a{i}", "response": "b" * (8 + i % 4)} for i in range(8)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    questions = folder / "questions.jsonl"
    items = [{"id": f"q{i}", "question": f"a{i} b", "choices": ["ab", "ba", "aab", "bab"], "answer": 0} for i in range(16)]
    questions.write_text("".join(json.dumps(item) + "\n" for item in items))
    return {
        "probe": ["probe", BLOCKS, "--questions", questions, "--out", folder / "ledger.h5"],
        "generate": ["generate", MODEL, "--prompt", "Gravity is", "--max-tokens", 4],
        "tune": ["tune", TINY, "--data", data, "--max-steps", 4, "--template", "none", "--out", folder / "tuned.h5"],
    }


def count(arguments, folder):
    """The instructions of one run."""
    bare = folder / "holdfast"
    if not bare.exists():
        # Valgrind gives up on debugging information it does not know.
        subprocess.run(["strip", "--strip-debug", "-o", bare, COMMAND], check=True)
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind.out", bare, *arguments]
    environment = dict(os.environ, HOLDFAST_CPU="avx2", HOLDFAST_NUM_THREADS="1", HOLDFAST_BLAS="none")
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stderr[-2000:]}")
    return int(found[1])


def measure():
    """The instructions of every run, by name."""
    with tempfile.TemporaryDirectory() as folder:
        return {name: count(arguments, Path(folder)) for name, arguments in runs(Path(folder)).items()}


if __name__ == "__main__":
    counts = measure()
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for name, value in counts.items():
        share = f"{100 * (value / recorded[name] - 1):+.2f} %" if name in recorded else "new"
        print(f"{name:10} {value:15,d}  {share}")
    if "--record" in sys.argv:
        RECORD.write_text(json.dumps(counts, indent=2) + "\n")
