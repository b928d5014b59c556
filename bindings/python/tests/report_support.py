"""Studies of a tiny model, and their reports, for the tests of the report."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

import holdfast

ROOT = Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "Tests" / "Fixtures"
MODELS = FIXTURES / "model"
KINDS = ["kept_right", "lost", "gained", "moved", "kept_wrong"]
FIGURES = ["accuracy", "differences", "mixture", "rank-pearson", "kl", "consistency-accuracy", "correlation", "weight-noise",
           "weight-noise-correlation", "flips", "calibration", "reliability-homo", "reliability-ood", "drift-consistency",
           "drift-accuracy", "loss"]


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
    """A study with everything: two seeds, a mixture, a noise floor, weight noise, drift."""
    return tiny_study(tmp_path_factory.mktemp("whole"), seeds=[3, 4], noise_floor={"prompts": 3, "limit": 10},
                      weight_noise={"limit": 10, "tolerance": 0.1},
                      drift={"questions": str(FIXTURES / "face" / "held_out.jsonl"), "offset": 20, "every": 2},
                      evaluate=[{"role": "HOMO", "name": "sums", "questions": str(FIXTURES / "face" / "held_out.jsonl"), "limit": 20},
                                {"role": "OOD", "name": "other sums", "questions": str(FIXTURES / "face" / "questions.jsonl")}])


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with as little as possible: one seed, two groups, no floor, no drift, no contrasts."""
    return tiny_study(tmp_path_factory.mktemp("plain"), seed=3, noise_floor=None, contrasts=[],
                      groups={"names": ["HARMONIOUS", "INCOMPATIBLE"], "size": 5, "min_confidence": 0.0})


@pytest.fixture(scope="session")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study in two domains, which have the roles HOMO and OOD in common; ID has only one of them."""
    face = FIXTURES / "face"
    held_out = {"questions": str(face / "held_out.jsonl"), "limit": 14}
    other = {"questions": str(face / "questions.jsonl")}
    return tiny_study(
        tmp_path_factory.mktemp("series"), seeds=[3, 4], noise_floor=None, weight_noise={"limit": 6, "tolerance": 0.2},
        domains=[{"name": "sums", "evaluate": [{"role": "HOMO", "name": "sums", **held_out},
                                               {"role": "OOD", "name": "other sums", **other}]},
                 {"name": "other", "evaluate": [{"role": "HOMO", "name": "other sums", **other},
                                                {"role": "OOD", "name": "sums", **held_out, "limit": 10},
                                                {"role": "ID", "name": "more", **held_out, "offset": 16, "limit": 8}]}])


@pytest.fixture(scope="session")
def series_written(series: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the page and the figures of the series."""
    folder = tmp_path_factory.mktemp("series-report")
    done = report(series, "-o", folder / "report.html", "--figures", folder / "figures", "--picture", folder / "picture.png")
    assert done.returncode == 0, done.stderr
    return folder


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
    import h5py

    with h5py.File(path) as file:
        found: Dict[str, Any] = json.loads(file["result"][()])
        return found


def rows(folder: Path, name: str, domain: str = "") -> List[Dict[str, str]]:
    with open(folder / "figures" / domain / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def edited(path: Path, target: Path, change: Optional[Callable[[Any], None]] = None,
           result_change: Optional[Callable[[Dict[str, Any]], None]] = None) -> Path:
    """A copy of a study file with something else in it."""
    import h5py

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
    """The page of the file of a study or a series."""
    from holdfast.report import overall, page, series_page
    from holdfast.report.load import load
    from holdfast.report.sections import sections
    from holdfast.report.series import Series

    study = load(str(path))
    if isinstance(study, Series):
        return series_page.page(study, overall.sections(study), [sections(one) for _, one in study.domains])
    return page.page(study, sections(study))


def headings(text: str) -> List[str]:
    return re.findall(r"<h2>(.*?)</h2>", text)


def number(text: str) -> float:
    return float(text) if text else float("nan")


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
