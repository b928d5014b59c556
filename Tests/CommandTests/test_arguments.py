"""Help, exit statuses and messages: what is wrong with the input is said with file and place, and nothing traps."""

import json
import subprocess

import pytest

from support import COMMAND, environment, write_questions

SUBCOMMANDS = ["study run", "study status", "probe", "tune", "compare", "patch", "drift", "trace", "lens", "generate", "export", "inspect", "verify", "report", "system-info"]


@pytest.mark.parametrize("subcommand", SUBCOMMANDS)
def test_help(holdfast, subcommand):
    outcome = holdfast(*subcommand.split(), "--help")
    assert "USAGE: holdfast " + subcommand in outcome.out
    assert "--json" in outcome.out
    assert all(len(line) <= 100 for line in outcome.out.splitlines())


def test_root_help_lists_environment_and_statuses(holdfast):
    text = holdfast("--help").out
    for word in ["HOLDFAST_NUM_THREADS", "HOLDFAST_CPU", "HOLDFAST_BLAS", "HOLDFAST_CACHE", "HOLDFAST_PYTHON", "130"]:
        assert word in text


@pytest.mark.parametrize("arguments", [["probe"], ["nonsense"], ["probe", "m", "--questions"], ["tune", "m", "--epochs", "x"]])
def test_wrong_usage_is_status_2(holdfast, arguments):
    assert "Usage:" in holdfast(*arguments, status=2).err


def test_missing_model(holdfast, questions, tmp_path):
    err = holdfast("probe", "nowhere.gguf", "--questions", questions, "--out", tmp_path / "l.h5", status=2).err
    assert "nowhere.gguf" in err


def test_truncated_and_corrupt_models(holdfast, tiny, questions, tmp_path):
    whole = tiny.read_bytes()
    for name, data in {"half": whole[: len(whole) // 2], "empty": b"", "header": whole[:9], "noise": b"GGUF" + b"\xff" * 400}.items():
        path = tmp_path / f"{name}.gguf"
        path.write_bytes(data)
        err = holdfast("probe", path, "--questions", questions, "--out", tmp_path / "l.h5", status=2).err
        assert str(path) in err
        assert not (tmp_path / "l.h5").exists()


BAD_QUESTIONS = {
    "no choices": '{"question": "a", "choices": [], "answer": 0}',
    "one choice": '{"question": "a", "choices": ["b"], "answer": 0}',
    "thirty choices": json.dumps({"question": "a", "choices": [f"c{i}" for i in range(30)], "answer": 0}),
    "gold out of range": '{"question": "a", "choices": ["b", "c"], "answer": 7}',
    "negative gold": '{"question": "a", "choices": ["b", "c"], "answer": -1}',
    "not json": "{question: a}",
    "an array": "[1, 2]",
}


@pytest.mark.parametrize("name", BAD_QUESTIONS)
def test_bad_questions_name_file_and_line(holdfast, tiny, tmp_path, name):
    path = write_questions(tmp_path / "bad.jsonl", count=2)
    with open(path, "a") as file:
        file.write(BAD_QUESTIONS[name] + "\n")
    err = holdfast("probe", tiny, "--questions", path, "--out", tmp_path / "l.h5", status=2).err
    assert f"{path}:3" in err, err
    assert not (tmp_path / "l.h5").exists()


def test_questions_that_are_not_utf8_or_empty(holdfast, tiny, tmp_path):
    path = tmp_path / "bytes.jsonl"
    path.write_bytes(b'{"question": "a\xff", "choices": ["b", "c"], "answer": 0}\n')
    assert f"{path}:1" in holdfast("probe", tiny, "--questions", path, "--out", tmp_path / "l.h5", status=2).err
    path.write_bytes(b"\n")
    assert str(path) in holdfast("probe", tiny, "--questions", path, "--out", tmp_path / "l.h5", status=2).err


def test_prompt_longer_than_the_context(holdfast, tiny, tmp_path):
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps({"id": "long", "question": "ab " * 5000, "choices": ["a", "b"], "answer": 0}) + "\n")
    err = holdfast("probe", tiny, "--questions", path, "--out", tmp_path / "l.h5", status=2).err
    assert "long" in err and "context" in err


def test_output_that_cannot_be_written(holdfast, tiny, questions, instructions, tmp_path):
    nowhere = tmp_path / "none" / "l.h5"
    assert "none" in holdfast("probe", tiny, "--questions", questions, "--out", nowhere, status=2).err
    assert "none" in holdfast("tune", tiny, "--data", instructions, "--out", nowhere, status=2).err
    assert "/proc" in holdfast("probe", tiny, "--questions", questions, "--out", "/proc/l.h5", status=2).err


def test_no_output_replaces_what_is_read(holdfast, tiny, questions, instructions, tmp_path):
    model = tmp_path / "m.h5"
    holdfast("export", tiny, "--to", "holdfast", "--out", model)
    before = model.read_bytes()
    (tmp_path / "link.h5").symlink_to(model)
    for out in model, tmp_path / "link.h5":
        for call in (["probe", model, "--questions", questions], ["capture", model, "--text", "a"],
                     ["tune", model, "--data", instructions], ["export", model, "--to", "holdfast"]):
            assert "another file" in holdfast(*call, "--out", out, status=2).err, call
    assert model.read_bytes() == before
    other = tmp_path / "notes.txt"
    other.write_text("precious")
    assert "holds no activations" in holdfast("capture", model, "--text", "a", "--out", other, status=2).err
    assert other.read_text() == "precious"


def test_compare_names_what_is_not_there(holdfast, tiny):
    err = holdfast("compare", tiny, "typo.h5", status=2).err
    assert "typo.h5: there is no such model or ledger" in err


def test_tokenize_refuses_what_is_not_utf8(holdfast, tiny):
    done = subprocess.run([COMMAND, "tokenize", tiny], input=b'"a"\n"\xff"\n', capture_output=True, env=environment())
    assert done.returncode == 2 and b"line 2" in done.stderr and done.stdout.count(b"\n") == 1


def test_full_standard_output(holdfast, tiny):
    with open("/dev/full", "w") as full:
        done = subprocess.run([COMMAND, "inspect", str(tiny), "--json"], stdout=full, stderr=subprocess.PIPE, text=True,
                              env=environment())
    assert done.returncode == 2 and "standard output" in done.stderr


def test_shots_and_dev_belong_together(holdfast, tiny, questions, tmp_path):
    out = tmp_path / "l.h5"
    assert "--dev" in holdfast("probe", tiny, "--questions", questions, "--shots", 2, "--out", out, status=2).err
    assert "--shots" in holdfast("probe", tiny, "--questions", questions, "--dev", questions, "--out", out, status=2).err
