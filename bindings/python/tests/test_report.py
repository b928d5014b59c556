"""The numbers of a report are the study's: every CSV against the study file."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from report_support import FIXTURES, KINDS, number, result, rows

h5py = pytest.importorskip("h5py")
pytest.importorskip("matplotlib")


def test_accuracies_are_the_study_s_and_those_of_the_ledgers(whole: Path, written: Path) -> None:
    found = {(r["role"], r["model"], r["seed"]): r for r in rows(written, "accuracy")}
    outcomes = result(whole)["outcomes"]
    for outcome in outcomes:
        model = "BEFORE" if outcome["model"] == "before" else outcome["model"]
        row = found.pop((outcome["role"], model, ""))
        assert [float(row[key]) for key in ("accuracy", "lower", "upper")] == [outcome["accuracy"], *outcome["accuracy_interval"]]
        assert int(row["questions"]) == outcome["items"]
    assert len(found) == 2 * 4 * 2
    with h5py.File(whole) as file:
        for (role, model, seed), row in found.items():
            ledger = file[f"ledgers/{model}-seed{seed}/{role}"]
            assert float(row["accuracy"]) == np.mean(ledger["predicted"][()] == ledger["gold"][()])
            assert row["lower"] == row["upper"] == ""


def test_consistency_mixtures_and_floor_are_the_study_s(whole: Path, written: Path) -> None:
    study = result(whole)
    floors = {f["role"]: next(level for level in f["levels"] if level["source"] == "all") for f in study["noise_floor"]}
    for name, measure, mean, quantile in (("rank-pearson", "rank_pearson", "mean", "quantile_0.025"), ("kl", "kl", "kl", "kl_quantile_0.975")):
        table = {(r["role"], r["model"]): r for r in rows(written, name)}
        for outcome in (o for o in study["outcomes"] if o["model"] != "before"):
            row, expected = table.pop((outcome["role"], outcome["model"])), outcome["measures"][measure]
            assert [float(row[key]) for key in (measure, "lower", "upper")] == [expected["mean"], *expected["interval"]]
            floor = floors[outcome["role"]]
            assert [float(row["floor_mean"]), float(row["floor_quantile"])] == [floor[mean], floor[quantile]]
        assert not table
    mixture = rows(written, "mixture")
    assert [(r["role"], r["model"], float(r["share"])) for r in mixture] == [
        (role, *pair) for role in ("HOMO", "OOD") for pair in (("INCOMPATIBLE", 0), ("MIXTURE-0.4", 0.4), ("SELF-ALIGNING", 1))]
    both = {(r["role"], r["model"]): r for r in rows(written, "consistency-accuracy")}
    for row in mixture:
        assert {**both[row["role"], row["model"]], "share": row["share"]} == row


def test_the_floor_of_kl_is_that_of_its_prompts(whole: Path) -> None:
    for floor in result(whole)["noise_floor"]:
        level = next(level for level in floor["levels"] if level["source"] == "all")
        values = [prompt["kl"] for prompt in floor["prompts"]]
        assert len(values) == 3 and all(value > 0 for value in values)
        assert level["kl"] == pytest.approx(np.mean(values), rel=1e-12)
        assert level["kl_quantile_0.975"] == pytest.approx(np.quantile(values, 0.975), rel=1e-12)


def test_correlations_and_contrasts_are_the_study_s(whole: Path, written: Path) -> None:
    study = result(whole)
    found = {(r["items"], r["coefficient"]): r for r in rows(written, "correlation")}
    assert len(found) == 9 and len(study["correlations"]) == 3
    for correlation in study["correlations"]:
        for name, key in (("partial", "partial_spearman"), ("paper", "partial_spearman_paper")):
            row, expected = found[correlation["items"], name], correlation[key]
            values = [expected["value"], *expected["interval"], expected["p"]] if expected else [float("nan")] * 4
            np.testing.assert_array_equal([number(row[k]) for k in ("value", "lower", "upper", "p")], values)
        plain = correlation["spearman"]
        np.testing.assert_array_equal(number(found[correlation["items"], "plain"]["value"]), np.nan if plain is None else plain)
        permuted = [found[correlation["items"], name]["permutation_p"] for name in ("partial", "paper", "plain")]
        assert float(permuted[0]) == correlation["permutation_within_roles"]["p"] and permuted[1:] == ["", ""]
    for row, contrast in zip(rows(written, "differences"), study["contrasts"]):
        assert [float(row[key]) for key in ("difference", "lower", "upper", "p_holm")] == [
            contrast["difference"], *contrast["interval"], contrast["p_holm"]]
        assert row["decided"] == str(int(contrast["verdict"] == "decides"))


def test_weight_noise_is_the_study_s(whole: Path, written: Path) -> None:
    study = result(whole)
    noise, outcomes = study["weight_noise"], {(o["role"], o["model"]): o for o in study["outcomes"]}
    strengths = {s["group"]: s for s in noise["strengths"]}
    table = {(r["role"], r["model"]): r for r in rows(written, "weight-noise")}
    assert len(noise["rows"]) == len(table) == 2 * 3
    with h5py.File(whole) as file:
        for twin in noise["rows"]:
            row, own = table[twin["role"], twin["group"]], outcomes[twin["role"], twin["group"]]
            strength = strengths[twin["group"]]
            np.testing.assert_array_equal(
                [number(row[key]) for key in ("noise_accuracy", "difference", "lower", "upper", "p", "noise_rank_pearson", "noise_kl",
                                              "scale", "target_kl", "matched_kl")],
                [twin["accuracy"], twin["accuracy_difference"], *twin["interval"], np.nan if twin["p"] is None else twin["p"],
                 twin["rank_pearson"], twin["kl"], strength["scale"], strength["target_kl"], strength["kl"]])
            assert [float(row[key]) for key in ("accuracy", "rank_pearson", "kl")] == [
                own["accuracy"], own["measures"]["rank_pearson"]["mean"], own["measures"]["kl"]["mean"]]
            ledger = file[f"weight_noise/{twin['group']}/{twin['role']}"]
            assert float(row["noise_accuracy"]) == pytest.approx(np.mean(ledger["predicted"][()] == ledger["gold"][()]), rel=1e-12)
            assert float(row["difference"]) == pytest.approx(float(row["accuracy"]) - float(row["noise_accuracy"]), abs=1e-12)
    found = {(r["of"], r["items"]): r for r in rows(written, "weight-noise-correlation") if r["coefficient"] == "partial"}
    plain = {(r["of"], r["items"]): r for r in rows(written, "weight-noise-correlation") if r["coefficient"] == "plain"}
    for of, correlations in (("groups", study["correlations"]), ("twins", noise["correlations"])):
        for correlation in correlations:
            partial = correlation["partial_spearman"]
            if (of, correlation["items"]) in found:
                np.testing.assert_array_equal(number(found[of, correlation["items"]]["value"]), partial["value"] if partial else np.nan)
                np.testing.assert_array_equal(number(plain[of, correlation["items"]]["value"]),
                                              np.nan if correlation["spearman"] is None else correlation["spearman"])
    assert ("twins", "all") in found and int(found["twins", "all"]["points"]) == 6
    text = (written / "report.html").read_text()
    better = sum(t["interval"][0] > 0 for t in noise["rows"] if t["role"] == "HOMO")
    assert re.search(rf"of 3 groups, {better} answers? better than weight noise of the same KL", text)


def test_flips_are_the_study_s_and_the_questions_are_those_asked(whole: Path, written: Path) -> None:
    counts = {(r["role"], r["model"], r["seed"]): r for r in rows(written, "flips")}
    for outcome in (o for o in result(whole)["outcomes"] if o["model"] != "before"):
        for seed, flips in zip(("3", "4"), outcome["flips_by_seed"]):
            assert [int(counts[outcome["role"], outcome["model"], seed][kind]) for kind in KINDS] == [flips[kind] for kind in KINDS]
    asked = {}
    for name in ("held_out", "questions"):
        for line in (FIXTURES / "face" / f"{name}.jsonl").read_text().splitlines():
            question = json.loads(line)
            asked[question["id"]] = question
    changed = rows(written, "flip-questions")
    assert changed
    for row in changed:
        question = asked[row["id"]]
        assert row["question"] == question["question"] and row["right_answer"] == question["choices"][question["answer"]]
        assert row["answer_before"] in question["choices"] and row["answer_before"] != row["answer_after"]
        kind = ("lost" if row["answer_before"] == row["right_answer"] else "gained" if row["answer_after"] == row["right_answer"]
                else "moved")
        assert row["kind"] == kind
    for key, row in counts.items():
        of_this = [r["kind"] for r in changed if (r["role"], r["model"], r["seed"]) == key]
        assert [of_this.count(kind) for kind in ("lost", "gained", "moved")] == [int(row[k]) for k in ("lost", "gained", "moved")]


def test_calibration_is_the_engine_s(whole: Path, written: Path) -> None:
    table = {(r["role"], r["model"], r["seed"]): r for r in rows(written, "calibration")}
    assert len(table) == 2 * (1 + 4 * 2)
    for outcome in result(whole)["outcomes"]:
        model, seed = ("BEFORE", "") if outcome["model"] == "before" else (outcome["model"], "3")
        row = table[outcome["role"], model, seed]
        assert [float(row[key]) for key in ("ece", "rms", "brier")] == pytest.approx(
            [outcome["ece"], outcome["rms"], outcome["brier"]], rel=1e-12)
        bins = [r for r in rows(written, f"reliability-{outcome['role'].lower()}") if r["model"] == model]
        total = sum(int(b["answers"]) for b in bins)
        assert total == outcome["items"] * (1 if model == "BEFORE" else 2)
        if model == "BEFORE":
            gaps = [int(b["answers"]) / total * abs(float(b["confidence"]) - float(b["accuracy"])) for b in bins]
            assert sum(gaps) == pytest.approx(outcome["ece"], rel=1e-12)


def test_curves_are_the_file_s(whole: Path, written: Path) -> None:
    with h5py.File(whole) as file:
        for name, dataset, key in (("loss", "loss", "loss"), ("drift-consistency", "drift/rank_pearson", "rank_pearson"),
                                   ("drift-accuracy", "drift/accuracy", "accuracy")):
            table = rows(written, name)
            for model in ("HARMONIOUS", "INCOMPATIBLE", "MIXTURE-0.4", "SELF-ALIGNING"):
                for seed in ("3", "4"):
                    mine = [r for r in table if (r["model"], r["seed"]) == (model, seed)]
                    stored = file[f"training/{model}-seed{seed}"]
                    assert [float(r[key]) for r in mine] == list(stored[dataset][()])
                    steps = stored["drift/step"][()] if "drift" in dataset else np.arange(1, len(mine) + 1)
                    assert [int(r["step"]) for r in mine] == list(steps) and len(mine) > 2


def test_versions_hold_checksums_and_kernels(whole: Path, written: Path) -> None:
    found = {r["what"]: r["value"] for r in rows(written, "versions")}
    assert found["study file, SHA-256"] == hashlib.sha256(whole.read_bytes()).hexdigest()
    assert found["kernels"] == result(whole)["versions"]["kernel"]
    assert found["model, SHA-256"] == result(whole)["versions"]["model_sha256"]
    text = (written / "report.html").read_text()
    assert all(value in text for key, value in found.items() if "SHA" in key)
    assert "&quot;learning_rate&quot;: 0.005" in text  # the exact configuration
