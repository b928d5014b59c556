"""Writes Tests/Fixtures/face: small questions, instructions and a study, for the C and Python faces.

The questions are sums and comparisons, short enough for the tiny models' context of 128 tokens; nothing in them is
copied from anywhere. Run: python Tests/Fixtures/scripts/face_data.py
"""

import json
import random
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "face"


def question(number: int, draw: random.Random) -> dict:
    a, b = draw.randint(1, 40), draw.randint(1, 40)
    right = a + b
    choices = [right]
    while len(choices) < 4:
        other = right + draw.choice([-10, -3, -2, -1, 1, 2, 3, 10])
        if other >= 0 and other not in choices:
            choices.append(other)
    draw.shuffle(choices)
    return {
        "id": f"sum-{number}",
        "question": f"What is {a} + {b}? ({number})",
        "choices": [str(choice) for choice in choices],
        "answer": choices.index(right),
    }


def lines(path: Path, rows: list) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def main() -> None:
    draw = random.Random(2402)
    questions = [question(number, draw) for number in range(1, 101)]
    lines(OUT / "questions.jsonl", questions[:24])
    lines(OUT / "pool.jsonl", questions[24:72])
    lines(OUT / "held_out.jsonl", questions[72:])
    lines(
        OUT / "instructions.jsonl",
        [
            {
                "messages": [
                    {"role": "user", "content": f"Add {row['question'].split('? ')[0][8:]}."},
                    {"role": "assistant", "content": row["choices"][row["answer"]]},
                ]
            }
            for row in questions[:12]
        ],
    )
    study = {
        "name": "tiny",
        "output": "tiny-study",
        "model": "../model/tiny-tied",
        "pool": {"questions": "pool.jsonl"},
        "groups": {"size": 4, "min_confidence": 0.0},
        "tune": {"epochs": 2, "batch_size": 4, "learning_rate": 1e-3},
        "evaluate": [{"role": "HOMO", "name": "sums", "questions": "held_out.jsonl"}],
        "noise_floor": {"prompts": 2, "limit": 8},
        "statistics": {"resamples": 200},
    }
    (OUT / "study.json").write_text(json.dumps(study, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
