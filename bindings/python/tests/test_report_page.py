"""The page of a report: well formed, nothing from outside, nothing about what is not there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict
from xml.etree import ElementTree

import pytest
from report_support import FIGURES, FIXTURES, checked, drawn, edited, headings, rows

h5py = pytest.importorskip("h5py")
pytest.importorskip("matplotlib")

from holdfast.report import figure, style  # noqa: E402
from holdfast.report.load import ReportError, load, load_group  # noqa: E402
from holdfast.report.sections import sections  # noqa: E402


def test_the_page_is_well_formed_and_needs_nothing_from_outside(written: Path) -> None:
    text = (written / "report.html").read_text()
    checker = checked(text)
    assert checker.tags.count("h2") == 11 and checker.tags.count("figure") > 20
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
    for word in ("noise floor", "Do they go together", "By seed", "seed for each", "strokes", "twin", "Damage"):
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


def test_the_summary_folds_what_is_long_away(whole: Path) -> None:
    text = drawn(whole)
    summary = text[: text.index("<details>")]
    assert "consistency by step of tuning" in text and "consistency by step of tuning" not in summary
    assert re.search(r"The course of each tuning \(4\)", text)


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
