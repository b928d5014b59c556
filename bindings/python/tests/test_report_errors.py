"""Broken study files: the report names what is wrong and writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Tuple

import pytest
from report_support import edited, report

h5py = pytest.importorskip("h5py")
pytest.importorskip("matplotlib")

from holdfast.report.load import ReportError, load  # noqa: E402


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
    "no domains": (attribute("format", "holdfast-study-series"), "domains"),
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


def test_a_result_about_models_it_does_not_have_is_named(whole: Path, tmp_path: Path) -> None:
    def change(found: Dict[str, Any]) -> None:
        found["contrasts"][0]["role"] = "ELSEWHERE"

    with pytest.raises(ReportError, match="broken.h5.* on ELSEWHERE"):
        load(str(edited(whole, tmp_path / "broken.h5", result_change=change)))


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
