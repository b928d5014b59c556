"""The questions of an evaluation: out of the study file, or, for files that do not hold them, out of the file they came from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import h5py


@dataclass
class Question:
    """A multiple-choice question."""

    question: str
    choices: list[str]


def stored(group: h5py.Group) -> dict[str, Question]:
    """The questions in `/questions/ROLE`, by id."""
    found = {}
    for name, text, row in zip(group["id"].asstr()[()], group["question"].asstr()[()], group["choices"].asstr()[()]):
        choices = list(row)
        while choices and not choices[-1]:
            choices.pop()
        found[name] = Question(text, choices)
    return found


def from_file(name: str, folder: Path, wanted: dict[str, int]) -> dict[str, Question]:
    """The questions of a JSONL file that a ledger asked, by id.

    `wanted` holds the right answers of the ledger by id. A file where one of them is missing or another is not what the
    ledger was made of: it is passed over as a whole, and so is one that cannot be read.
    """
    for path in (Path(name), folder / name):
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError):
            continue
        found = {}
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line) if line.strip() else None
            except ValueError:
                return {}
            if not isinstance(row, dict) or "question" not in row:
                continue
            key, gold = str(row.get("id", number)), row.get("answer", row.get("gold"))
            choices = row.get("choices")
            if key in wanted and isinstance(choices, list) and gold == wanted[key]:
                found[key] = Question(str(row["question"]), [str(choice) for choice in choices])
        return found if len(found) == len(wanted) else {}
    return {}
