"""The published groups: checked, counted, and written for training without the rows that are damaged."""

import json
import os
from pathlib import Path

import pytest

from support import ROOT

GROUPS = Path(os.environ.get("HOLDFAST_SHARED", ROOT.parent / "shared")) / "data/paper/group"


@pytest.fixture(scope="module")
def groups():
    if not GROUPS.exists():
        pytest.skip(f"SKIPPED: the published groups are not at {GROUPS}; set HOLDFAST_SHARED")
    return GROUPS


def test_damaged_rows_are_told_and_left_out(holdfast, groups, tmp_path):
    result = holdfast("groups", groups, "--write", tmp_path / "all", "--json").json
    assert result["holds"]
    written = {Path(entry["path"]).relative_to(tmp_path / "all").as_posix(): entry for entry in result["written"]}
    own = written["mistral-7b/history/self-aligning.jsonl"]
    assert (own["rows"], own["left_out"]) == (277, 561)
    assert [written[f"mistral-7b/history/{name}.jsonl"]["left_out"] for name in ("harmonious", "incompatible")] == [0, 0]
    rows = [json.loads(line) for line in open(own["path"])]
    assert len(rows) == 277 and all(row["explanation"].strip() and row["choices"][row["output"]] for row in rows)

    kept = holdfast("groups", groups / "mistral-7b/history", "--write", tmp_path / "cut", "--keep", "cut").out
    assert "history/self-aligning.jsonl: 832 rows, 6 left out" in kept
    holdfast("groups", groups, "--keep", "cut", status=2)


def test_the_published_file_is_not_tuned_on_without_its_explanations(holdfast, tiny, groups, tmp_path):
    published = groups / "mistral-7b/history/inconsistent-predict-model-exp.jsonl"
    err = holdfast("tune", tiny, "--data", published, "--out", tmp_path / "t.h5", status=2).err
    assert "inconsistent-predict-model-exp.jsonl:1" in err and "holdfast groups" in err
