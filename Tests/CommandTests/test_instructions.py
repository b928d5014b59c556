"""The gate on speed: fixed runs take no more instructions than are recorded (Tests/Performance)."""

import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "Performance"))

import count_instructions as performance  # noqa: E402


@pytest.fixture(scope="module")
def counts():
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not there; `.ci/install-packages valgrind` gets it")
    if not performance.MODEL.exists():
        pytest.skip(f"{performance.MODEL} is not there; `make fetch` gets it")
    return performance.measure()


def test_no_run_takes_more_instructions_than_are_recorded(counts):
    recorded = json.loads(performance.RECORD.read_text())
    assert counts.keys() == recorded.keys()
    more = {name: counts[name] / recorded[name] for name in counts}
    assert all(ratio < 1 + performance.TOLERANCE for ratio in more.values()), more


def test_the_record_is_not_stale(counts):
    recorded = json.loads(performance.RECORD.read_text())
    less = {name: counts[name] / recorded[name] for name in counts}
    assert all(ratio > 1 - performance.TOLERANCE for ratio in less.values()), (
        f"{less}: faster; keep it with Tests/Performance/count_instructions.py --record")
