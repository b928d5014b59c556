"""`holdfast bench` on a tiny model: every workload runs, results are stored and compared."""

import json

import pytest

WORKLOADS = ["letter-probe", "cloze-probe", "tune", "lora", "prefill", "decode", "sampling", "start", "checkpoint-write",
             "checkpoint-read", "tokenize"]


@pytest.fixture(scope="module")
def stored(holdfast, tiny, tmp_path_factory):
    from support import write_questions

    folder = tmp_path_factory.mktemp("bench")
    questions = write_questions(folder / "questions.jsonl")
    done = holdfast("bench", tiny, "--questions", questions, "--limit", 4, "--repetitions", 2, "--quiet", "--json",
                    timeout=600, TMPDIR=folder)
    path = folder / "before.json"
    path.write_text(done.out)
    assert [entry.name for entry in folder.iterdir() if entry.name.startswith("holdfast-bench")] == []
    return questions, path, json.loads(done.out)


def test_every_workload_is_measured(stored):
    _, _, result = stored
    assert [workload["name"] for workload in result["workloads"]] == WORKLOADS
    assert result["machine"]["threads"] >= 1 and result["repetitions"] == 2 and len(result["model_sha256"]) == 64
    for workload in result["workloads"]:
        assert workload["value"] > 0 and len(workload["samples"]) == 2, workload
        if "share" in workload:
            assert workload["needed"] > 0 and workload["peak"]["value"] > 0 and 0 < workload["share"] < 3, workload
    shares = {workload["name"] for workload in result["workloads"] if "share" in workload}
    assert shares == {"letter-probe", "cloze-probe", "tune", "lora", "prefill", "decode", "sampling", "checkpoint-write"}


def test_a_run_is_held_against_a_stored_one(holdfast, tiny, stored):
    questions, path, _ = stored
    options = ["bench", tiny, "--questions", questions, "--limit", 4, "--repetitions", 1, "--quiet", "--compare", path]
    result = holdfast(*options, "--only", "tokenize,prefill", "--json").json
    assert [workload["name"] for workload in result["workloads"]] == ["tokenize", "prefill"]
    assert all(workload["ratio"] > 0 for workload in result["workloads"])
    table = holdfast(*options, "--only", "tokenize").out
    assert "ratio" in table and "tokenising" in table


@pytest.mark.parametrize("options, words", [
    (["--only", "sleep"], "letter-probe"), (["--repetitions", "0"], "--repetitions"), (["--limit", "0"], "--limit"),
    (["--compare", "nothing.json"], "nothing.json"),
])
def test_what_makes_no_sense_is_refused(holdfast, tiny, questions, options, words):
    assert words in holdfast("bench", tiny, "--questions", questions, *options, status=2).err
