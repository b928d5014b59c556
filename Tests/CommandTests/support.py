"""Paths and helpers that the command's tests share."""

import json
import os
from pathlib import Path

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


def write_questions(path, count=12, choices=4):
    """Questions of few letters, which the tiny model's tokenizer and context can take."""
    words = ["ab", "ba", "aab", "bab", "abba", "baa"]
    with open(path, "w") as file:
        for i in range(count):
            options = [words[(i + j) % len(words)] + "c" * (i % 3) for j in range(choices)]
            file.write(json.dumps({"id": f"q{i}", "question": f"a{i} b", "choices": options, "answer": i % choices}) + "\n")
    return path


def numbers(result):
    """The result without the paths and times that two equal runs may not share."""
    if isinstance(result, dict):
        return {k: numbers(v) for k, v in result.items() if k not in ("created", "directory", "weights", "configuration")}
    return [numbers(v) for v in result] if isinstance(result, list) else result
