"""Reads a study file into what the report needs."""

from __future__ import annotations

import hashlib
import json
import math
import platform
from pathlib import Path
from typing import Any

import h5py
import matplotlib
import numpy as np

from . import question
from .ledger import Ledger
from .study import (BEFORE, Coefficient, Contrast, Correlation, Evaluation, Floor, Interval, Measurement, Outcome, Study,
                    Training)

FORMAT, MAJOR = "holdfast-study", 1


class ReportError(Exception):
    """A study file that cannot be reported on; the message says why."""


def load(path: str) -> Study:
    """The study in an HDF5 file."""
    try:
        with h5py.File(path) as file:
            check(file, path)
            study = load_group(file, path)
            created = text(file.attrs.get("created", ""))
        with open(path, "rb") as bytes:
            digest = hashlib.file_digest(bytes, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else \
                hashlib.sha256(bytes.read()).hexdigest()
    except OSError as error:
        raise ReportError(f"{path}: {error}") from error
    # The library that writes is the engine's; this is the one that reads.
    study.versions |= {"study file": Path(path).name, "study file, SHA-256": digest, "created": created,
                       "Python": platform.python_version(), "matplotlib": matplotlib.__version__, "h5py": h5py.__version__,
                       "HDF5 (reading)": h5py.version.hdf5_version}
    return study


def load_group(group: h5py.Group, path: str) -> Study:
    """The study in a group shaped as the root of a study file is."""
    place = path if group.name == "/" else f"{path}, {group.name}"
    try:
        result = json.loads(text(group["result"][()]))
    except (KeyError, ValueError, OSError) as error:
        raise ReportError(f"{place}: not a complete study file: {error}") from error
    try:
        study = read(result)
        check_names(study)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise ReportError(f"{place}: the result in it lacks {error}; run the study again with this version") from error
    study.ledgers = ledgers(group, study, place)
    add_kernels(study)
    add_questions(study, group, result, place)
    return study


def check(file: h5py.File, path: str) -> None:
    found = text(file.attrs.get("format", ""))
    if found == f"{FORMAT}-series":
        raise ReportError(f"{path}: a study of several domains; each has a study.h5 of its own beside it, in the folder of its name, "
                          "which can be reported on")
    if found != FORMAT:
        raise ReportError(f"{path}: " + (f"a {found} file" if found else "not a file of Holdfast")
                          + "; the report needs the study.h5 that `holdfast study run` writes")
    version = text(file.attrs.get("format_version", "1"))
    if not version.split(".")[0].isdigit() or int(version.split(".")[0]) > MAJOR:
        raise ReportError(f"{path}: format version {version} is newer than {MAJOR}, the newest this reads; update Holdfast")


def text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def number(value: Any) -> float:
    return math.nan if value is None else float(value)


def interval(mean: Any, bounds: Any) -> Interval:
    low, high = bounds or (None, None)
    return Interval(number(mean), number(low), number(high))


def label(model: str) -> str:
    return BEFORE if model == "before" else model


def read(result: dict[str, Any]) -> Study:
    """What the JSON of a result says."""
    return Study(
        name=result["name"], mode=result["mode"], created=result["created"], confidence=result["level"],
        summary=result["summary"], warnings=result.get("warnings", []),
        departures=result.get("departures_from_the_paper", []), models=[label(name) for name in result["models"]],
        evaluations=[Evaluation(e["role"], e["name"], e["count"], number(e["chance"]), not e["no_headroom"])
                     for e in result["evaluations"]],
        outcomes={(label(o["model"]), o["role"]): outcome(o) for o in result["outcomes"]},
        floor={f["role"]: floor(f) for f in result.get("noise_floor", [])},
        contrasts=[contrast(c) for c in result.get("contrasts", [])],
        correlations=[correlation(c) for c in result.get("correlations", [])],
        training=[training(t) for t in result.get("training", [])],
        balance=result.get("groups", {}).get("groups", []), configuration=result["configuration"],
        versions={k: str(v) for k, v in result["versions"].items()})


def check_names(study: Study) -> None:
    """Whether what is said of models and evaluations is said of those the study has."""
    if not study.evaluations or not study.outcomes:
        raise KeyError("outcomes")
    roles = {e.role for e in study.evaluations}
    for model, role in [*study.outcomes, *((name, c.evaluation) for c in study.contrasts for name in (c.first, c.second)),
                        *((t.group, study.evaluations[0].role) for t in study.training)]:
        if model not in study.models or role not in roles:
            raise KeyError(f"{model} on {role}")


def outcome(o: dict[str, Any]) -> Outcome:
    measures = o.get("measures") or {}

    def measure(name: str) -> Interval | None:
        return interval(measures[name]["mean"], measures[name]["interval"]) if name in measures else None

    flips = o.get("flips_by_seed") or ([o["flips"]] if o.get("flips") else [])
    return Outcome(interval(o["accuracy"], o["accuracy_interval"]), measure("rank_pearson"), measure("kl"),
                   measure("same_top1"), flips)


def floor(f: dict[str, Any]) -> Floor:
    overall = next((level for level in f["levels"] if level["source"] == "all"), None)
    if overall is None:
        raise KeyError("the level 'all' of the noise floor")
    return Floor(overall["prompts"], number(overall["mean"]), number(overall["quantile_0.025"]), number(overall.get("kl")),
                 number(overall.get("kl_quantile_0.975")))


def contrast(c: dict[str, Any]) -> Contrast:
    return Contrast(c["first"], c["second"], c["role"], interval(c["difference"], c["interval"]), number(c["p_holm"]),
                    c["verdict"] == "decides", number(c["minimum_detectable_difference"]), c["sentence"])


def correlation(c: dict[str, Any]) -> Correlation:
    def coefficient(found: dict[str, Any] | None) -> Coefficient | None:
        return Coefficient(interval(found["value"], found["interval"]), number(found["p"])) if found else None

    return Correlation(c["items"], c["points"], number(c["spearman"]), coefficient(c["partial_spearman"]),
                       coefficient(c["partial_spearman_paper"]), number(c["permutation_within_roles"]["p"]))


def training(t: dict[str, Any]) -> Training:
    drift = [Measurement(d["step"], *(number(d.get(key)) for key in ("accuracy", "rank_pearson", "kl", "same_top1")))
             for d in t.get("drift", [])]
    return Training(t["model"], t.get("group", t["model"]), t.get("seed", ""), [number(x) for x in t["losses"]], t["rows"],
                    t["target_tokens"], number(t["initial_loss"]), number(t.get("weight_distance")), t.get("kept_step"),
                    t.get("stopped_early", False), drift)


def ledgers(group: h5py.Group, study: Study, place: str) -> dict[tuple[str, str, str], Ledger]:
    """The ledgers of all models, as far as the file has them."""
    found = {}
    names = [(BEFORE, "", "before")] + [(t.group, t.seed, t.model) for t in study.training]
    for model, seed, name in names:
        for evaluation in study.evaluations:
            where = f"ledgers/{name}/{evaluation.role}"
            if where in group:
                found[model, seed, evaluation.role] = ledger(group[where], f"{place}, /{where}")
    for (model, seed, role), after in found.items():
        before = found.get((BEFORE, "", role))
        if before is None or before.ids != after.ids:
            raise ReportError(f"{place}: the ledgers of {model} and before tuning on {role} are not of the same questions; "
                              "run the study again")
    return found


def ledger(group: h5py.Group, place: str) -> Ledger:
    try:
        ids = [text(name) for name in group["id"][()]]
        gold, predicted, probability = (group[name][()] for name in ("gold", "predicted", "probability"))
        settings = json.loads(text(group.attrs.get("settings", "{}")))
    except (KeyError, ValueError, OSError) as error:
        raise ReportError(f"{place}: a damaged ledger: {error}") from error
    count = len(ids)
    whole = gold.shape == predicted.shape == (count,) and probability.ndim == 2 and len(probability) == count and all(
        np.issubdtype(values.dtype, np.integer) for values in (gold, predicted))
    if not whole or count == 0 or not (0 <= predicted.min() and max(predicted.max(), gold.max()) < probability.shape[1]):
        raise ReportError(f"{place}: a damaged ledger: its columns do not fit together")
    return Ledger(ids, gold, predicted, probability, settings)


def add_kernels(study: Study) -> None:
    """The kernels of all answers, where they are not the one the result names."""
    kernels = sorted({str(found.settings["kernel"]) for found in study.ledgers.values() if "kernel" in found.settings})
    if kernels and kernels != [study.versions.get("kernel")]:
        study.versions["kernels of the answers"] = ", ".join(kernels)


def add_questions(study: Study, group: h5py.Group, result: dict[str, Any], place: str) -> None:
    """The texts of what was asked."""
    files = {e["role"]: e.get("questions") for e in result["evaluations"]}
    for evaluation in study.evaluations:
        role = evaluation.role
        before = study.ledgers.get((BEFORE, "", role))
        if before is None:
            continue
        if f"questions/{role}" in group:
            try:
                found = question.stored(group[f"questions/{role}"])
            except (KeyError, TypeError, ValueError, OSError) as error:
                raise ReportError(f"{place}, /questions/{role}: damaged questions: {error}") from error
        else:
            found = question.from_file(files.get(role) or "", Path(group.file.filename).parent,
                                       dict(zip(before.ids, map(int, before.gold))))
        counts = np.sum(~np.isnan(before.probability), axis=1)
        if all(name in found and len(found[name].choices) == count for name, count in zip(before.ids, counts)):
            study.questions[role] = found
        elif f"questions/{role}" in group:
            raise ReportError(f"{place}, /questions/{role}: not the questions of the ledgers; run the study again")
        else:
            study.unread.append(f"{evaluation.place}: {files.get(role)}")
