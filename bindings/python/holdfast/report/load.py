"""Reads a study file into what the report needs."""

import json
import math

import h5py

from .study import Contrast, Evaluation, Interval, Outcome, Study, Training

FORMAT, MAJOR = "holdfast-study", 1


class ReportError(Exception):
    """A study file that cannot be reported on; the message says why."""


def load(path: str) -> Study:
    """The study in an HDF5 file."""
    try:
        with h5py.File(path) as file:
            check(file, path)
            result = json.loads(text(file["result"][()]))
            # The library that writes is the engine's; this is the one that reads.
            versions = {"HDF5 (reading)": h5py.version.hdf5_version, "created": text(file.attrs.get("created", ""))}
    except OSError as error:
        raise ReportError(f"{path}: {error}") from error
    except (KeyError, ValueError) as error:
        raise ReportError(f"{path}: not a complete study file: {error}") from error
    try:
        return study(result, versions)
    except (KeyError, TypeError, IndexError) as error:
        raise ReportError(f"{path}: the result in it lacks {error}; run the study again with this version") from error


def check(file, path: str) -> None:
    found = text(file.attrs.get("format", ""))
    if found != FORMAT:
        raise ReportError(f"{path}: " + (f"a {found} file" if found else "not a file of Holdfast")
                          + "; the report needs the study.h5 that `holdfast study run` writes")
    version = text(file.attrs.get("format_version", "1"))
    if int(version.split(".")[0]) > MAJOR:
        raise ReportError(f"{path}: format version {version} is newer than {MAJOR}, the newest this reads; update Holdfast")


def text(value) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def number(value) -> float:
    return math.nan if value is None else float(value)


def interval(mean, bounds) -> Interval:
    low, high = bounds or (None, None)
    return Interval(number(mean), number(low), number(high))


def study(result: dict, versions: dict[str, str]) -> Study:
    labels = {"before": "BEFORE"}
    models = [labels.get(name, name) for name in result["models"]]
    outcomes = {(labels.get(o["model"], o["model"]), o["role"]): outcome(o) for o in result["outcomes"]}
    return Study(
        name=result["name"], mode=result["mode"], created=result["created"], confidence=result["level"],
        summary=result["summary"], warnings=result.get("warnings", []),
        departures=result.get("departures_from_the_paper", []), models=models,
        evaluations=[Evaluation(e["role"], e["name"], e["count"], number(e["chance"]), not e["no_headroom"])
                     for e in result["evaluations"]],
        outcomes=outcomes, floor={f["role"]: floor(f) for f in result.get("noise_floor", [])},
        contrasts=[contrast(c) for c in result.get("contrasts", [])],
        training={t["model"]: training(t) for t in result.get("training", [])},
        balance=result.get("groups", {}).get("groups", []), configuration=result["configuration"],
        versions={**{k: str(v) for k, v in result["versions"].items()}, **versions})


def outcome(o: dict) -> Outcome:
    measures = o.get("measures") or {}

    def measure(name):
        return interval(measures[name]["mean"], measures[name]["interval"]) if name in measures else None

    flips = dict(o.get("flips") or {})  # counts, with tests and effects beside them
    p = flips.pop("mcnemar_p", None)
    return Outcome(interval(o["accuracy"], o["accuracy_interval"]), measure("rank_pearson"), measure("kl"),
                   measure("same_top1"), flips, None if p is None else float(p))


def floor(f: dict) -> Interval:
    """The mean over the prompts and its 2.5 % quantile; the band reaches up to 1."""
    overall = next(level for level in f["levels"] if level["source"] == "all")
    return Interval(number(overall["mean"]), number(overall["quantile_0.025"]), 1.0)


def contrast(c: dict) -> Contrast:
    return Contrast(c["first"], c["second"], c["role"], c["measure"], interval(c["difference"], c["interval"]),
                    number(c["p_holm"]), c["verdict"] == "decides", number(c["minimum_detectable_difference"]), c["sentence"])


def training(t: dict) -> Training:
    return Training([number(x) for x in t["losses"]], t["rows"], t["target_tokens"], number(t["initial_loss"]),
                    number(t.get("weight_distance")))
