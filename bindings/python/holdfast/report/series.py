"""A study in several domains: each domain's study, and what holds over all of them as a study of its own."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np

from .ledger import Ledger
from .result import check_names, contrast, correlation, label, outcome
from .study import BEFORE, Correlation, Evaluation, Study, Training


@dataclass
class Over:
    """Correlations on one role over domains and groups: the `mixtures`, `all` groups or the twins with `weight_noise`."""

    role: str
    points: str
    found: list[Correlation]


@dataclass
class Series:
    """The domains in order, and all together on the roles that two of them have."""

    overall: Study
    domains: list[tuple[str, Study]]
    correlations: list[Over]

    def having(self, role: str) -> list[tuple[int, str, Study]]:
        """The domains that have a role, with their places."""
        return [(place, name, study) for place, (name, study) in enumerate(self.domains)
                if any(e.role == role for e in study.evaluations)]


def read(result: dict[str, Any], domains: list[tuple[str, Study]]) -> Series:
    """What the JSON of a series says, beside the studies of its domains."""
    if not domains:
        raise KeyError("domains")
    for place, (name, study) in enumerate(domains):
        # A domain's name becomes that of a folder.
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", name) or not name.strip("."):
            raise ValueError(f"a domain that can be named (not '{name}')")
        if study.models != domains[0][1].models:
            raise ValueError(f"the models of {domains[0][0]} in {name}")
        study.anchor = f"domain-{place + 1}-"
    first = domains[0][1]
    roles = list(dict.fromkeys(o["role"] for o in result["outcomes"]))
    overall = Study(
        name=result["name"], mode=first.mode, created=result["created"], confidence=first.confidence, summary=result["summary"],
        warnings=[], departures=list(dict.fromkeys(line for _, study in domains for line in study.departures)), models=first.models,
        evaluations=[], outcomes={(label(o["model"]), o["role"]): outcome(o) for o in result["outcomes"]}, floor={},
        contrasts=[contrast(c) for c in result.get("contrasts", [])], correlations=[],
        training=[Training(t.model, t.group, t.seed, []) for t in first.training], balance=[], configuration=result["configuration"],
        versions=dict(first.versions))
    overall.evaluations = [evaluation(role, domains, overall) for role in roles]
    if roles:
        check_names(overall)
    overall.ledgers = {key: found for key in first.ledgers if key[2] in roles if (found := joined(domains, key)) is not None}
    correlations = [Over(c["role"], c["points"], [correlation(one) for one in c["correlations"]]) for c in result.get("correlations", [])]
    return Series(overall, domains, correlations)


def evaluation(role: str, domains: Sequence[tuple[str, Study]], overall: Study) -> Evaluation:
    """The questions of all domains that have a role."""
    parts = [e for _, study in domains for e in study.evaluations if e.role == role]
    count = sum(e.count for e in parts)
    chance = sum(e.chance * e.count for e in parts) / count if count else math.nan
    name = ", ".join(dict.fromkeys(e.name for e in parts))
    before = overall.outcomes.get((BEFORE, role))
    return Evaluation(role, name if len(name) <= 40 else f"{len(parts)} domains", count, chance,
                      before is None or not before.accuracy.low <= chance)


def joined(domains: Sequence[tuple[str, Study]], key: tuple[str, str, str]) -> Ledger | None:
    """The answers of all domains that have a role, one after another; None unless all of these have them."""
    having = [(name, study) for name, study in domains if any(e.role == key[2] for e in study.evaluations)]
    parts = [(name, study.ledgers[key]) for name, study in having if key in study.ledgers]
    if not parts or len(parts) < len(having):
        return None
    width = max(ledger.probability.shape[1] for _, ledger in parts)
    probability = [np.pad(ledger.probability, ((0, 0), (0, width - ledger.probability.shape[1])), constant_values=math.nan)
                   for _, ledger in parts]
    return Ledger([f"{name}/{one}" for name, ledger in parts for one in ledger.ids],
                  np.concatenate([ledger.gold for _, ledger in parts]), np.concatenate([ledger.predicted for _, ledger in parts]),
                  np.concatenate(probability), parts[0][1].settings)
