"""The built command, a tiny model, and the demo's data where it is in the cache."""

import json
import subprocess

import pytest

from support import CACHE, COMMAND, TINY, Outcome, environment, write_questions


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
