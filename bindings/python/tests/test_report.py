"""The report of a study: its numbers are the study's, it needs nothing from outside, and it leaves out what is not there."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple
from xml.etree import ElementTree

import numpy as np
import pytest

import holdfast
from conftest import FIXTURES, MODELS, ROOT

h5py = pytest.importorskip("h5py")
pytest.importorskip("matplotlib")

from holdfast.report import figure, page, style  # noqa: E402
from holdfast.report.load import ReportError, load, load_group  # noqa: E402
from holdfast.report.sections import sections  # noqa: E402

KINDS = ["kept_right", "lost", "gained", "moved", "kept_wrong"]
FIGURES = ["accuracy", "differences", "mixture", "rank-pearson", "kl", "consistency-accuracy", "correlation", "flips", "calibration",
           "reliability-homo", "reliability-ood", "drift-consistency", "drift-accuracy", "loss"]


def tiny_study(folder: Path, **changes: Any) -> Path:
    """Runs a study of a tiny model and answers its file."""
    face = FIXTURES / "face"
    description: Dict[str, Any] = {
        "name": "tiny", "output": str(folder / "run"), "model": str(MODELS / "tiny-tied"),
        "pool": {"questions": str(face / "pool.jsonl")},
        "groups": {"names": ["HARMONIOUS", "INCOMPATIBLE", "MIXTURE-0.4", "SELF-ALIGNING"], "size": 5, "min_confidence": 0.0},
        "tune": {"epochs": 2, "batch_size": 2, "learning_rate": 0.005},
        "evaluate": [{"role": "HOMO", "name": "sums", "questions": str(face / "held_out.jsonl")},
                     {"role": "OOD", "name": "other sums", "questions": str(face / "questions.jsonl")}],
        "statistics": {"resamples": 200}, **changes}
    holdfast.study(description)
    return folder / "run" / "study.h5"


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with everything: two seeds, a mixture, a noise floor, drift."""
    return tiny_study(tmp_path_factory.mktemp("whole"), seeds=[3, 4], noise_floor={"prompts": 3, "limit": 10},
                      drift={"questions": str(FIXTURES / "face" / "held_out.jsonl"), "offset": 20, "every": 2},
                      evaluate=[{"role": "HOMO", "name": "sums", "questions": str(FIXTURES / "face" / "held_out.jsonl"), "limit": 20},
                                {"role": "OOD", "name": "other sums", "questions": str(FIXTURES / "face" / "questions.jsonl")}])


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with as little as possible: one seed, two groups, no floor, no drift, no contrasts."""
    return tiny_study(tmp_path_factory.mktemp("plain"), seed=3, noise_floor=None, contrasts=[],
                      groups={"names": ["HARMONIOUS", "INCOMPATIBLE"], "size": 5, "min_confidence": 0.0})


@pytest.fixture(scope="session")
def written(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the page and the figures of the whole study."""
    folder = tmp_path_factory.mktemp("report")
    done = report(whole, "-o", folder / "report.html", "--figures", folder / "figures", "--picture", folder / "picture.png")
    assert done.returncode == 0, done.stderr
    return folder


def report(*arguments: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "holdfast.report", *map(str, arguments)], capture_output=True, text=True,
                          cwd=ROOT / "bindings" / "python")


def result(path: Path) -> Dict[str, Any]:
    with h5py.File(path) as file:
        found: Dict[str, Any] = json.loads(file["result"][()])
        return found


def rows(folder: Path, name: str) -> List[Dict[str, str]]:
    with open(folder / "figures" / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def edited(path: Path, target: Path, change: Optional[Callable[[Any], None]] = None,
           result_change: Optional[Callable[[Dict[str, Any]], None]] = None) -> Path:
    """A copy of a study file with something else in it."""
    shutil.copy(path, target)
    with h5py.File(target, "r+") as file:
        if result_change:
            found = json.loads(file["result"][()])
            result_change(found)
            del file["result"]
            file["result"] = json.dumps(found)
        if change:
            change(file)
    return target


def drawn(path: Path) -> str:
    study = load(str(path))
    return page.page(study, sections(study))


def headings(text: str) -> List[str]:
    return re.findall(r"<h2>(.*?)</h2>", text)


def number(text: str) -> float:
    return float(text) if text else float("nan")


# --- the numbers -------------------------------------------------------------------------------------------------------


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
        assert float(row["permutation_p"]) == correlation["permutation_within_roles"]["p"]
    for row, contrast in zip(rows(written, "differences"), study["contrasts"]):
        assert [float(row[key]) for key in ("difference", "lower", "upper", "p_holm")] == [
            contrast["difference"], *contrast["interval"], contrast["p_holm"]]
        assert row["decided"] == str(int(contrast["verdict"] == "decides"))


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


# --- the page ------------------------------------------------------------------------------------------------------------


class Checker(HTMLParser):
    """Notes tags that do not match, identifiers, and what is referred to."""

    VOID = {"meta", "br", "img", "link", "hr", "input"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: List[str] = []
        self.wrong: List[str] = []
        self.ids: List[str] = []
        self.references: List[str] = []
        self.tags: List[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: List[Tuple[str, Optional[str]]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "xlink:href", "src", "srcset", "data", "action"):
                self.references.append(value or "")
            self.references += re.findall(r"url\(([^)]*)\)", value or "")

    def handle_startendtag(self, tag: str, attributes: List[Tuple[str, Optional[str]]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def checked(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert not checker.wrong and not checker.open
    assert len(set(checker.ids)) == len(checker.ids)
    for reference in checker.references:
        assert reference.startswith("#") and reference[1:] in checker.ids, reference
    assert not {"script", "link", "iframe", "img", "object", "embed"} & set(checker.tags)
    assert "@import" not in text and not re.search(r"https?://", text)
    return checker


def test_the_page_is_well_formed_and_needs_nothing_from_outside(written: Path) -> None:
    text = (written / "report.html").read_text()
    checker = checked(text)
    assert checker.tags.count("h2") == 10 and checker.tags.count("figure") > 20
    assert "prefers-color-scheme: dark" in text and 'name="viewport"' in text
    # Every colour of a picture is the page's, so that it changes with light and dark.
    assert not re.search(r"#(0a0b|010203|040506|070809|0c0d0e)", text)
    for word in ("kept right", "MIXTURE-0.4", "noise floor", "✓ right"):
        assert word in checker.text
    changed = rows(written, "flip-questions")
    lost = sum(1 for r in changed if (r["role"], r["model"], r["seed"], r["kind"]) == ("OOD", "INCOMPATIBLE", "3", "lost"))
    assert lost > 0 and len(re.findall(r'class="card"><p>What is \d+ \+ \d+\? \(\d+\)</p>', text)) >= 2 * 4 * 3
    assert f"Lost <small>{lost} question" in text


def test_every_figure_is_written_in_three_formats(written: Path) -> None:
    names = {path.name for path in (written / "figures").iterdir()}
    assert names == {f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg", "csv")} | {"flip-questions.csv", "versions.csv"}
    for name in FIGURES:
        assert (written / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        root = ElementTree.parse(written / "figures" / f"{name}.svg").getroot()
        assert root.tag.endswith("svg") and "#0a0b" not in (written / "figures" / f"{name}.svg").read_text()
    assert (written / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_sections_without_data_vanish(plain: Path, written: Path) -> None:
    text = drawn(plain)
    checked(text)
    assert headings(text) == ["Accuracy", "Consistency of knowledge", "Consistency against accuracy", "Which answers changed",
                              "Calibration before and after", "Training", "Exactly what was run"]
    assert set(headings(text)) < set(headings((written / "report.html").read_text()))
    for word in ("noise floor", "Do they go together", "By seed", "seed for each", "strokes"):
        assert word not in text.replace("noise_floor", ""), word


def test_a_file_without_ledgers_shows_what_the_result_says(whole: Path, tmp_path: Path) -> None:
    def drop(file: Any) -> None:
        del file["ledgers"]

    text = drawn(edited(whole, tmp_path / "study.h5", drop))
    checked(text)
    assert "Calibration before and after" not in headings(text) and "Which answers changed" in headings(text)
    assert "The questions" not in text and "By seed" not in text


def test_a_file_without_questions_reads_those_it_came_from(whole: Path, tmp_path: Path) -> None:
    def drop(file: Any) -> None:
        del file["questions"]

    old = edited(whole, tmp_path / "study.h5", drop)
    assert load(str(old)).questions == load(str(whole)).questions

    def move(found: Dict[str, Any]) -> None:
        for evaluation in found["evaluations"]:
            evaluation["questions"] = "nowhere.jsonl"

    moved = edited(old, tmp_path / "moved.h5", result_change=move)
    text = drawn(moved)
    checked(text)
    assert "nowhere.jsonl" in text and "What is" not in text
    # Another file of that name, whose answers differ, is not taken for the one that was asked.
    lines = [json.loads(line) for line in (FIXTURES / "face" / "held_out.jsonl").read_text().splitlines()]
    (tmp_path / "nowhere.jsonl").write_text("".join(json.dumps({**row, "answer": 3 - row["answer"]}) + "\n" for row in lines))
    assert not load(str(moved)).questions


def test_texts_of_the_study_are_escaped(whole: Path, tmp_path: Path) -> None:
    def rename(found: Dict[str, Any]) -> None:
        found["name"] = '<script>alert("1")</script>'
        found["evaluations"][0]["name"] = r"<b> $\frac$ \1 & 'quotes'"
        found["summary"].append("<i>never</i>")

    def ask(file: Any) -> None:
        del file["questions/HOMO/question"]
        file["questions/HOMO/question"] = ["<script>1 < 2</script>"] * 20

    text = drawn(edited(whole, tmp_path / "study.h5", ask, rename))
    checked(text)
    assert "<i>never" not in text and "&lt;script&gt;1 &lt; 2" in text


def test_a_study_is_loaded_from_a_group(whole: Path, tmp_path: Path) -> None:
    with h5py.File(whole) as source, h5py.File(tmp_path / "series.h5", "w") as target:
        source.copy("/", target.create_group("domains"), name="sums")
        found = load_group(target["domains/sums"], "series.h5")
        del target["domains/sums/ledgers/before/HOMO/gold"]
        with pytest.raises(ReportError, match="/domains/sums.*gold"):
            load_group(target["domains/sums"], "series.h5")
    root = load(str(whole))
    assert found.outcomes == root.outcomes and found.questions == root.questions
    names = [[part.name for section in sections(study) for part in section.everything()] for study in (found, root)]
    assert names[0] == names[1] and len(names[0]) == len(FIGURES) + 2


def test_models_differ_in_mark_and_colour(whole: Path) -> None:
    study = load(str(whole))
    study.models = ["BEFORE", "HARMONIOUS", "INCOMPATIBLE", "SELF-ALIGNING", "MIXTURE-0.2", "MIXTURE-0.4", "MIXTURE-0.6", "MIXTURE-0.8",
                    "FORMAT-ONLY", "RANDOM-WRONG", "SLEARNLLM", "R-TUNING"]
    styles = style.styles(study)
    assert len({s.marker for s in styles.values()}) == len({s.light for s in styles.values()}) == len(styles) == 12
    for colours, page_colour in ((lambda s: s.light, 0.93), (lambda s: s.dark, 0.012)):
        for name, found in styles.items():
            assert contrast(luminance(colours(found)), page_colour) >= 2.3, name


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: float, second: float) -> float:
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


def test_numbers_of_csv_keep_every_bit() -> None:
    data = figure.Data("x", ["a", "b", "c", "d"], [[0.1 + 0.2, float("nan"), None, 'say "x", y']])
    assert data.csv() == 'a,b,c,d\n0.30000000000000004,,,"say ""x"", y"\n'


# --- what is broken ------------------------------------------------------------------------------------------------------


def delete(name: str) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[name]

    return change


def attribute(name: str, value: str) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        file.attrs[name] = value

    return change


def replace(name: str, value: Callable[[Any], Any]) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        new = value(file[name][()])
        del file[name]
        file[name] = new

    return change


BROKEN: Dict[str, Tuple[Callable[[Any], None], str]] = {
    "another format": (attribute("format", "holdfast-ledger"), "holdfast-ledger"),
    "newer": (attribute("format_version", "2.0.0"), "newer"),
    "an odd version": (attribute("format_version", "x"), "version"),
    "no result": (delete("result"), "result"),
    "half a result": (replace("result", lambda text: text[:100]), "not a complete study"),
    "a column gone": (delete("ledgers/INCOMPATIBLE-seed3/OOD/predicted"), "/ledgers/INCOMPATIBLE-seed3/OOD"),
    "a short column": (replace("ledgers/HARMONIOUS-seed4/HOMO/gold", lambda values: values[:-1]), "/ledgers/HARMONIOUS-seed4/HOMO"),
    "an answer out of range": (replace("ledgers/HARMONIOUS-seed4/HOMO/predicted", lambda values: values + 9),
                               "/ledgers/HARMONIOUS-seed4/HOMO"),
    "other questions": (replace("ledgers/HARMONIOUS-seed4/HOMO/id", lambda ids: ids[::-1]), "HARMONIOUS and before tuning on HOMO"),
    "questions of another set": (replace("questions/HOMO/id", lambda ids: [f"x{i}" for i in range(len(ids))]), "/questions/HOMO"),
    "half of the questions": (delete("questions/HOMO/choices"), "/questions/HOMO"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_and_nothing_is_written(whole: Path, tmp_path: Path, name: str) -> None:
    change, word = BROKEN[name]
    path = edited(whole, tmp_path / "broken.h5", change)
    done = report(path, "-o", tmp_path / "report.html", "--figures", tmp_path / "figures")
    assert done.returncode == 2 and str(path) in done.stderr and word in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"broken.h5"}


@pytest.mark.parametrize("member", ["outcomes", "models", "evaluations", "versions", "configuration", "summary"])
def test_a_result_without_a_member_is_named(whole: Path, tmp_path: Path, member: str) -> None:
    def drop(found: Dict[str, Any]) -> None:
        del found[member]

    with pytest.raises(ReportError, match=f"broken.h5.*{member}"):
        load(str(edited(whole, tmp_path / "broken.h5", result_change=drop)))


def test_what_is_no_study_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("not HDF5")
    for path in (tmp_path / "text.h5", tmp_path / "nowhere.h5"):
        done = report(path, "-o", tmp_path / "report.html")
        assert done.returncode == 2 and str(path) in done.stderr and "Traceback" not in done.stderr
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    with pytest.raises(ReportError, match="not a file of Holdfast"):
        load(str(tmp_path / "empty.h5"))


def test_a_folder_that_cannot_be_made_is_said(whole: Path, tmp_path: Path) -> None:
    done = report(whole, "-o", tmp_path / "report.html", "--figures", tmp_path / "a" / "b")
    assert done.returncode == 2 and "a/b" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "report.html").exists()
