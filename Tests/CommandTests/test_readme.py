"""The README's C and Python are compiled and run as they stand there."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from support import ROOT, write_questions

LIBRARY = ROOT / ".build/release/libholdfast.so"


def block(language):
    return re.search(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.S).group(1)


@pytest.fixture
def folder(holdfast, tiny, instructions, tmp_path):
    shutil.copy(tiny, tmp_path / "model.gguf")
    write_questions(tmp_path / "questions.jsonl")
    instructions.rename(tmp_path / "rows.jsonl")
    holdfast("tune", "model.gguf", "--data", "rows.jsonl", "--template", "none", "--max-steps", 1, "--out", "tuned.h5", cwd=tmp_path)
    assert LIBRARY.exists(), f"{LIBRARY} is not there; run `make build` first"
    return tmp_path


def test_c(folder):
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("there is no C compiler")
    (folder / "gate.c").write_text(block("c"))
    subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", "gate.c", LIBRARY, "-o", "gate",
                    f"-Wl,-rpath,{LIBRARY.parent}"], cwd=folder, check=True)
    done = subprocess.run(["./gate"], cwd=folder, capture_output=True, text=True)
    assert done.returncode in (0, 3) and re.fullmatch(r"consistency -?\d\.\d{3}\n", done.stdout), done.stderr
    (folder / "tuned.h5").unlink()
    done = subprocess.run(["./gate"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 1 and "tuned.h5" in done.stderr


def test_python(folder):
    done = subprocess.run([sys.executable, "-c", block("python")], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT / "bindings/python")})
    assert done.returncode == 0, done.stderr
    assert "True" in done.stdout or "False" in done.stdout
