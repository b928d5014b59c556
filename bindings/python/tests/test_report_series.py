"""The report of a series: its numbers are those over all domains, and it holds every domain's own report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Callable, Dict, Tuple

import numpy as np
import pytest
from report_support import FIGURES, checked, drawn, edited, headings, number, report, result, rows

h5py = pytest.importorskip("h5py")
pytest.importorskip("matplotlib")

from holdfast.report.figure import Data, Figure  # noqa: E402
from holdfast.report.load import ReportError, load  # noqa: E402
from holdfast.report.sections import sections  # noqa: E402

OVER_ALL = ["accuracy", "differences", "mixture", "rank-pearson", "kl", "consistency-accuracy", "correlation"]
DOMAINS = ["sums", "other"]


def test_the_numbers_over_all_domains_are_the_result_s(series: Path, series_written: Path) -> None:
    whole = result(series)
    table = {(r["role"], r["model"], r["seed"]): r for r in rows(series_written, "accuracy")}
    assert len(whole["outcomes"]) == 2 * 5
    for outcome in whole["outcomes"]:
        model = "BEFORE" if outcome["model"] == "before" else outcome["model"]
        row = table.pop((outcome["role"], model, ""))
        assert [float(row[key]) for key in ("accuracy", "lower", "upper")] == [outcome["accuracy"], *outcome["accuracy_interval"]]
        assert int(row["questions"]) == outcome["items"]
        for name in ("rank_pearson", "kl") if model != "BEFORE" else ():
            found = next(r for r in rows(series_written, name.replace("_", "-")) if (r["role"], r["model"]) == (outcome["role"], model))
            measure = outcome["measures"][name]
            assert [float(found[key]) for key in (name, "lower", "upper")] == [measure["mean"], *measure["interval"]]
    # What is left are single seeds, over the answers of both domains.
    assert len(table) == 2 * 4 * 2
    with h5py.File(series) as file:
        for (role, model, seed), row in table.items():
            ledgers = [file[f"domains/{domain}/ledgers/{model}-seed{seed}/{role}"] for domain in DOMAINS]
            right = np.concatenate([ledger["predicted"][()] == ledger["gold"][()] for ledger in ledgers])
            assert float(row["accuracy"]) == np.mean(right)
    differences = rows(series_written, "differences")
    assert len(differences) == len(whole["contrasts"]) > 0
    for row, contrast in zip(differences, whole["contrasts"]):
        assert [row[key] for key in ("first", "second", "role")] == [contrast[key] for key in ("first", "second", "role")]
        assert [float(row[key]) for key in ("difference", "lower", "upper", "p_holm")] == [
            contrast["difference"], *contrast["interval"], contrast["p_holm"]]


def test_points_are_domains_and_groups(series: Path, series_written: Path) -> None:
    whole = result(series)
    points = {(r["domain"], r["role"], r["model"]): r for r in rows(series_written, "consistency-accuracy")}
    mixtures = {(r["domain"], r["role"], r["model"]): r for r in rows(series_written, "mixture")}
    assert len(points) == 2 * 2 * 4 and len(mixtures) == 2 * 2 * 3
    for domain in whole["domains"]:
        outcomes = {(o["role"], o["model"]): o for o in domain["outcomes"]}
        for (role, model), outcome in outcomes.items():
            if model == "before" or role == "ID":
                continue
            row, measure = points[domain["domain"], role, model], outcome["measures"]["rank_pearson"]
            assert [float(row[key]) for key in ("rank_pearson", "rank_pearson_lower", "rank_pearson_upper", "accuracy", "accuracy_lower",
                                                "accuracy_upper", "accuracy_before")] == [
                measure["mean"], *measure["interval"], outcome["accuracy"], *outcome["accuracy_interval"],
                outcomes[role, "before"]["accuracy"]]
            if model != "HARMONIOUS":
                assert {**mixtures[domain["domain"], role, model], "accuracy_before": row["accuracy_before"]} == {
                    **row, "share": {"INCOMPATIBLE": "0.0", "MIXTURE-0.4": "0.4", "SELF-ALIGNING": "1.0"}[model]}


def test_correlations_are_the_result_s(series: Path, series_written: Path) -> None:
    whole = result(series)
    table = {(r["role"], r["points_are"], r["items"], r["coefficient"]): r for r in rows(series_written, "correlation")}
    assert {(c["role"], c["points"]) for c in whole["correlations"]} == {
        (role, points) for role in ("HOMO", "OOD") for points in ("mixtures", "all", "weight_noise")}
    known = 0
    for entry in whole["correlations"]:
        for correlation in entry["correlations"]:
            row = {name: table.pop((entry["role"], entry["points"], correlation["items"], name), None)
                   for name in ("partial", "paper", "plain")}
            coefficients = {"partial": correlation["partial_spearman"], "paper": correlation["partial_spearman_paper"]}
            if row["plain"] is None:
                assert correlation["spearman"] is None and not any(coefficients.values()) and not any(row.values())
                continue
            for name, found in coefficients.items():
                known += found is not None
                values = [found["value"], *found["interval"], found["p"]] if found else [float("nan")] * 4
                np.testing.assert_array_equal([number(row[name][key]) for key in ("value", "lower", "upper", "p")], values)
            assert float(row["plain"]["value"]) == correlation["spearman"]
            assert float(row["partial"]["permutation_p"]) == correlation["permutation_within_roles"]["p"]
            assert int(row["plain"]["points"]) == correlation["points"] == 6
    assert known > 5 and not table


def test_the_page_holds_all_domains(series: Path, series_written: Path) -> None:
    text = (series_written / "report.html").read_text()
    checker = checked(text)  # also: identifiers are unique, nothing comes from outside
    assert headings(text) == ["Accuracy", "Differences between groups", "Mixtures", "Consistency of knowledge",
                              "Consistency against accuracy", "Exactly what was run", "Domain sums", "Domain other"]
    assert not re.search(r"#(0a0b|010203|040506|070809|0c0d0e)", text)
    assert len(text) < 15e6
    for place, name in enumerate(DOMAINS):
        assert f"#domain-{place + 1}-report" in checker.references
        alone = headings(drawn(series.parent / name / "study.h5"))
        part = text[text.index(f'id="domain-{place + 1}-report"'):]
        assert re.findall(r"<h3>(.*?)</h3>", part)[:len(alone)] == alone and "Damage without knowledge" in alone


def test_every_domain_s_figures_are_those_of_its_own_report(series: Path, series_written: Path) -> None:
    folder = series_written / "figures"
    names = {path.name for path in folder.iterdir()}
    assert names == {f"{name}.{kind}" for name in OVER_ALL for kind in ("png", "svg", "csv")} | {"versions.csv", *DOMAINS}
    assert (series_written / "picture.png").read_bytes().startswith(b"\x89PNG")
    for name in DOMAINS:
        alone = [part for section in sections(load(str(series.parent / name / "study.h5"))) for part in section.everything()]
        tables = [part.data if isinstance(part, Figure) else part for part in alone]
        assert {path.stem for path in (folder / name).glob("*.csv")} == {table.name for table in tables}
        assert {path.stem for path in (folder / name).glob("*.png")} == {part.name for part in alone if isinstance(part, Figure)}
        for table in tables:
            assert isinstance(table, Data)
            if table.name != "versions":  # which names the file
                assert (folder / name / f"{table.name}.csv").read_text(encoding="utf-8") == table.csv()
    assert {path.stem for path in (folder / "other").glob("*.png")} >= set(FIGURES) - {"drift-consistency", "drift-accuracy"}


def test_without_common_roles_and_weight_noise_nothing_is_said_of_them(series: Path, tmp_path: Path) -> None:
    def drop(found: Dict[str, Any]) -> None:
        for name in ("outcomes", "contrasts", "correlations", "summary"):
            found[name] = []

    apart = edited(series, tmp_path / "apart.h5", result_change=drop)
    text = drawn(apart)
    checked(text)
    assert headings(text) == ["Exactly what was run", "Domain sums", "Domain other"] and "No role is evaluated in two domains" in text
    done = report(apart, "-o", tmp_path / "page.html", "--picture", tmp_path / "picture.png")
    assert done.returncode == 2 and "no picture" in done.stderr and not (tmp_path / "page.html").exists()

    def quiet(found: Dict[str, Any]) -> None:
        found["correlations"] = [c for c in found["correlations"] if c["points"] != "weight_noise"]
        found["summary"] = []

    text = drawn(edited(series, tmp_path / "quiet.h5", result_change=quiet))
    over_all = text[:text.index('id="domain-1-report"')].replace("weight_noise", "")
    assert "weight noise" not in over_all and "twin" not in over_all and "mixtures" in over_all


def rename(name: str) -> Callable[[Any, Dict[str, Any]], None]:
    def change(file: Any, found: Dict[str, Any]) -> None:
        found["domains"][1]["domain"] = name

    return change


def drop_group(file: Any, found: Dict[str, Any]) -> None:
    del file["domains/other"]


def other_models(file: Any, found: Dict[str, Any]) -> None:
    inner = json.loads(file["domains/other/result"][()])
    inner["models"].append("ANOTHER")
    del file["domains/other/result"]
    file["domains/other/result"] = json.dumps(inner)


def other_role(file: Any, found: Dict[str, Any]) -> None:
    found["contrasts"][0]["role"] = "ELSEWHERE"


BROKEN: Dict[str, Tuple[Callable[[Any, Dict[str, Any]], None], str]] = {
    "a domain that is not there": (rename("third"), "third"), "a domain without a group": (drop_group, "other"),
    "a name that climbs": (rename(".."), r"\.\."), "a name that is a path": (rename("sums/ledgers"), "domain|result"),
    "other models": (other_models, "models of sums in other"), "a role of no domain": (other_role, "ELSEWHERE"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_series_is_named(series: Path, tmp_path: Path, name: str) -> None:
    change, word = BROKEN[name]

    def both(file: Any) -> None:
        found = json.loads(file["result"][()])
        change(file, found)
        del file["result"]
        file["result"] = json.dumps(found)

    path = edited(series, tmp_path / "broken.h5", both)
    with pytest.raises(ReportError, match=rf"broken\.h5.*({word})"):
        load(str(path))
