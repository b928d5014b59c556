"""Interventions and the analyses on the command line."""

import csv
import json

import h5py
import pytest


@pytest.fixture
def change(tmp_path):
    path = tmp_path / "change.json"
    path.write_text(json.dumps([{"operation": "zero", "site": "blocks.*.hook_mlp_out"}]))
    return path


def test_probe_generate_and_compare_under_interventions(holdfast, tiny, questions, change, tmp_path):
    probe = ["probe", tiny, "--questions", questions, "--out", tmp_path / "l.h5", "--json"]
    plain = holdfast(*probe).json
    changed = holdfast(*probe, "--interventions", change).json
    assert changed["settings"]["interventions"] == json.loads(change.read_text())
    assert "interventions" not in plain["settings"]
    assert changed["mean_confidence"] != plain["mean_confidence"]
    compared = holdfast("compare", tiny, tiny, "--questions", questions, "--interventions", change,
                        "--min-consistency", -1, "--json").json
    assert compared["consistency"]
    generate = ["generate", tiny, "--prompt", "ab", "-n", 4, "--json"]
    assert holdfast(*generate, "--interventions", change).json["tokens"]


@pytest.mark.parametrize("text, message", [
    ("[", "byte 1"), ("[{}]", "operation is missing"), ('{"list":[]}', "is not known"),
    ('[{"operation":"zero","site":"hook_nothing"}]', "no site of this model"),
])
def test_bad_interventions_name_file_and_place(holdfast, tiny, text, message, tmp_path):
    path = tmp_path / "bad.json"
    path.write_text(text)
    outcome = holdfast("generate", tiny, "--prompt", "ab", "--interventions", path, status=2)
    assert str(path) in outcome.err and message in outcome.err


def test_lens_and_trace(holdfast, tiny):
    lens = holdfast("lens", tiny, "--prompt", "abba", "--target", "a", "--top", 2, "--json").json
    assert lens["sites"][0]["site"] == "blocks.0.hook_resid_pre"
    assert "likeliest tokens" in holdfast("lens", tiny, "--prompt", "abba", "--target", "a").out
    parts = holdfast("lens", tiny, "--prompt", "abba", "--target", "a", "--attribute", "--json").json
    assert parts["sums"][0] == pytest.approx(parts["logits"][0], abs=1e-4)
    assert "sum" in holdfast("lens", tiny, "--prompt", "abba", "--target", "a", "--attribute").out
    holdfast("lens", tiny, "--prompt", "abba", "--attribute", status=2)
    trace = holdfast("trace", tiny, "--prompt", "abc abba", "--subject", "c", "--draws", 2, "--json").json
    assert len(trace["indirect_effects"][0]) == len(trace["tokens"]) and trace["corrupted"]
    assert "total effect" in holdfast("trace", tiny, "--prompt", "abc abba", "--subject", "c", "--draws", 2).out
    assert "not in the prompt" in holdfast("trace", tiny, "--prompt", "ab", "--subject", "x", status=2).err


def test_patch_and_drift(holdfast, tiny, questions, instructions, tmp_path):
    tuned = tmp_path / "tuned.h5"
    holdfast("tune", tiny, "--data", instructions, "--template", "none", "--epochs", 1, "--learning-rate", "1e-2",
             "--out", tuned)
    drift = holdfast("drift", tiny, tuned, "--questions", questions, "--json").json
    assert drift["curves"][0]["items"] == 12
    assert "CKA" in holdfast("drift", tiny, tuned, "--questions", questions).out
    patch = ["patch", tiny, tuned, "--questions", questions, "--resamples", 50, "--keep", tmp_path / "kept", "--layers", 0]
    first = holdfast(*patch, "--out", tmp_path / "curve.csv", "--json").json
    assert first == holdfast(*patch, "--json").json, "a run that goes on ends in the same numbers"
    names = ["base_into_tuned", "tuned_into_base", "base_into_tuned random", "tuned_into_base random"]
    assert [curve["name"] for curve in first["curves"]] == names
    with open(tmp_path / "curve.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["curve"] for row in rows] == names and rows[0]["layer"] == "0"
    words = holdfast(*patch, "--out", tmp_path / "curve.h5").out
    assert "base_into_tuned" in words and "random direction" in words
    with h5py.File(tmp_path / "curve.h5") as file:
        assert file["ledgers/base_into_tuned/layer 0/gold"].shape == (12,)
    weights = holdfast("patch", tiny, tuned, "--questions", questions, "--what", "attention", "--layers", 0, "--resamples", 50,
                       "--second", tuned, "--json").json
    assert [curve["name"] for curve in weights["curves"]] == names[:2] + ["seeds"]
    holdfast("patch", tiny, tuned, "--questions", questions, "--layers", 77, status=2)
