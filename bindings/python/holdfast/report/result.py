"""What the JSON of a result says, as dataclasses."""

from __future__ import annotations

import math
from typing import Any

from .study import (BEFORE, Coefficient, Contrast, Correlation, Evaluation, Floor, Interval, Measurement, Outcome, Study,
                    Training, Twin)


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
        versions={k: str(v) for k, v in result["versions"].items()}, twins=twins(result.get("weight_noise") or {}),
        twin_correlations=[correlation(c) for c in (result.get("weight_noise") or {}).get("correlations", [])])


def check_names(study: Study) -> None:
    """Whether what is said of models and evaluations is said of those the study has."""
    if not study.evaluations or not study.outcomes:
        raise KeyError("outcomes")
    roles = {e.role for e in study.evaluations}
    for model, role in [*study.outcomes, *((name, c.evaluation) for c in study.contrasts for name in (c.first, c.second)),
                        *((t.group, t.role) for t in study.twins),
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


def twins(noise: dict[str, Any]) -> list[Twin]:
    """What is said of models with noise on their weights."""
    strengths = {s["group"]: s for s in noise.get("strengths", [])}
    return [Twin(t["group"], t["role"], number(t["accuracy"]), number(t["rank_pearson"]), number(t["kl"]),
                 interval(t["accuracy_difference"], t["interval"]), number(t["p"]),
                 *(number(strengths[t["group"]][key]) for key in ("scale", "target_kl", "kl"))) for t in noise.get("rows", [])]


def training(t: dict[str, Any]) -> Training:
    drift = [Measurement(d["step"], *(number(d.get(key)) for key in ("accuracy", "rank_pearson", "kl", "same_top1")))
             for d in t.get("drift", [])]
    return Training(t["model"], t.get("group", t["model"]), t.get("seed", ""), [number(x) for x in t["losses"]], t["rows"],
                    t["target_tokens"], number(t["initial_loss"]), number(t.get("weight_distance")), t.get("kept_step"),
                    t.get("stopped_early", False), drift)
