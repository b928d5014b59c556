"""What the command's tests share: the built command, a tiny model, and the demo's data where it is in the cache."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(os.environ.get("HOLDFAST_COMMAND", ROOT / ".build/release/holdfast"))
CACHE = Path(os.environ.get("HOLDFAST_CACHE", Path.home() / ".cache/holdfast"))
TINY = ROOT / "Tests/Fixtures/model/tiny-blocks.f32.gguf"


class Outcome:
    """A finished command."""

    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        lines = self.out.strip().splitlines()
        assert len(lines) == 1, f"--json must print one line, got {len(lines)}: {self.out[:500]}"
        return json.loads(lines[0])


def environment(**more):
    return {**os.environ, "HOLDFAST_CACHE": str(CACHE), **{k: str(v) for k, v in more.items()}}


@pytest.fixture(scope="session")
def holdfast():
    assert COMMAND.exists(), f"{COMMAND} is not there; run `make build` first"

    def run(*arguments, status=0, timeout=120, cwd=None, input=None, **variables):
        done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, cwd=cwd,
                              input=input, env=environment(**variables))
        assert done.returncode == status, f"status {done.returncode}, expected {status}\n{done.stdout}\n{done.stderr}"
        return Outcome(done)

    return run


@pytest.fixture(scope="session")
def tiny():
    return TINY


@pytest.fixture(scope="session")
def real_model():
    path = CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
    if not path.exists():
        pytest.skip(f"{path} is not there; `make fetch` gets it")
    return path


def write_questions(path, count=12, choices=4):
    """Questions of few letters, which the tiny model's tokenizer and context can take."""
    words = ["ab", "ba", "aab", "bab", "abba", "baa"]
    with open(path, "w") as file:
        for i in range(count):
            options = [words[(i + j) % len(words)] + "c" * (i % 3) for j in range(choices)]
            file.write(json.dumps({"id": f"q{i}", "question": f"a{i} b", "choices": options, "answer": i % choices}) + "\n")
    return path


@pytest.fixture
def questions(tmp_path):
    return write_questions(tmp_path / "questions.jsonl")


@pytest.fixture
def instructions(tmp_path):
    path = tmp_path / "data.jsonl"
    with open(path, "w") as file:
        for i in range(12):
            file.write(json.dumps({"prompt": f"a{i}", "response": "b" * (1 + i % 4)}) + "\n")
    return path
