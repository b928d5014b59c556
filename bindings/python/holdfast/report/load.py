"""Reads a study file into what the report needs."""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path
from typing import Any

import h5py
import matplotlib
import numpy as np

from . import question, series
from .ledger import Ledger
from .result import check_names, read
from .series import Series
from .study import BEFORE, Study

FORMAT, SERIES, MAJOR = "holdfast-study", "holdfast-study-series", 1


class ReportError(Exception):
    """A study file that cannot be reported on; the message says why."""


def load(path: str) -> Study | Series:
    """The study in an HDF5 file, or the series of them."""
    try:
        with h5py.File(path) as file:
            found = load_series(file, path) if check(file, path) == SERIES else load_group(file, path)
            created = text(file.attrs.get("created", ""))
        with open(path, "rb") as bytes:
            digest = hashlib.file_digest(bytes, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else \
                hashlib.sha256(bytes.read()).hexdigest()
    except OSError as error:
        raise ReportError(f"{path}: {error}") from error
    # The library that writes is the engine's; this is the one that reads.
    study = found.overall if isinstance(found, Series) else found
    study.versions |= {"study file": Path(path).name, "study file, SHA-256": digest, "created": created,
                       "Python": platform.python_version(), "matplotlib": matplotlib.__version__, "h5py": h5py.__version__,
                       "HDF5 (reading)": h5py.version.hdf5_version}
    return found


def load_group(group: h5py.Group, path: str) -> Study:
    """The study in a group shaped as the root of a study file is."""
    place = path if group.name == "/" else f"{path}, {group.name}"
    result = json_of(group, place)
    try:
        study = read(result)
        check_names(study)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise ReportError(f"{place}: the result in it lacks {error}; run the study again with this version") from error
    study.ledgers = ledgers(group, study, place)
    add_kernels(study)
    add_questions(study, group, result, place)
    return study


def load_series(file: h5py.File, path: str) -> Series:
    """The series in a file: each domain's study, and what holds over all of them."""
    result = json_of(file, path)
    try:
        names = [domain["domain"] for domain in result["domains"]]
        groups = [file["domains"][name] for name in names]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ReportError(f"{path}: not a complete series of studies: {error}") from error
    domains = [(name, load_group(group, path)) for name, group in zip(names, groups)]
    try:
        return series.read(result, domains)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise ReportError(f"{path}: the result in it lacks {error}; run the study again with this version") from error


def json_of(group: h5py.Group, place: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text(group["result"][()]))
        return found
    except (KeyError, ValueError, OSError) as error:
        raise ReportError(f"{place}: not a complete study file: {error}") from error


def check(file: h5py.File, path: str) -> str:
    """The format of a file, when it is one the report is made of."""
    found = text(file.attrs.get("format", ""))
    if found not in (FORMAT, SERIES):
        raise ReportError(f"{path}: " + (f"a {found} file" if found else "not a file of Holdfast")
                          + "; the report needs the study.h5 that `holdfast study run` writes")
    version = text(file.attrs.get("format_version", "1"))
    if not version.split(".")[0].isdigit() or int(version.split(".")[0]) > MAJOR:
        raise ReportError(f"{path}: format version {version} is newer than {MAJOR}, the newest this reads; update Holdfast")
    return found


def text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


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
