#!/usr/bin/env python3
"""Prints the tables of docs/RESULTS.md, in Markdown, from what a study or a series of studies found.

    tables.py SUMMARY.json      the summary.json in the study's directory
"""

import json
import math
import sys


def number(value, decimals, scale=1.0, sign=False):
    if value is None or not math.isfinite(value):
        return "–"
    return f"{scale * value:{'+' if sign else ''}.{decimals}f}".replace("-", "−")


def estimate(value, interval, decimals, scale=1.0, sign=False):
    low, high = (number(bound, decimals, scale, sign) for bound in interval)
    return f"{number(value, decimals, scale, sign)} [{low}, {high}]"


def p_value(p):
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def outcomes(result):
    """Accuracy and rank-Pearson of every model on every role."""
    roles = list(dict.fromkeys(o["role"] for o in result["outcomes"]))
    models = list(dict.fromkeys(o["model"] for o in result["outcomes"]))
    found = {(o["model"], o["role"]): o for o in result["outcomes"]}
    names = {e["role"]: f"{e['role']} {e['name']} ({e['count']})" for e in result.get("evaluations", [])}

    def cell(model, role):
        o = found[model, role]
        text = estimate(o["accuracy"], o["accuracy_interval"], 1, 100)
        if "measures" in o:
            text += f"; {number(o['measures']['rank_pearson']['mean'], 3)}; {number(o['measures']['kl']['mean'], 2)}"
        return text

    table(["model"] + [names.get(role, role) for role in roles],
          [[model] + [cell(model, role) for role in roles] for model in models])


def contrasts(result):
    table(["contrast", "role", "points", "p (Holm)", "decided", "detectable"],
          [[f"{c['first']} − {c['second']}", c["role"], estimate(c["difference"], c["interval"], 1, 100, sign=True),
            p_value(c["p_holm"]), "yes" if c["verdict"] == "decides" else "no",
            number(c["minimum_detectable_difference"], 1, 100)] for c in result["contrasts"]])


def floor(result):
    if result.get("noise_floor"):
        rows = [[f["role"], str(f["questions"]), str(level["prompts"]), number(level["mean"], 3), number(level["quantile_0.025"], 3)]
                for f in result["noise_floor"] for level in f["levels"] if level["source"] == "all"]
        table(["noise floor", "questions", "prompts", "mean rank-Pearson", "2.5 % quantile"], rows)


def noise(result):
    twins = result.get("weight_noise")
    if twins:
        scales = {s["group"]: s["scale"] for s in twins["strengths"]}
        table(["weight noise beside", "role", "noise, share of rms", "its KL", "its rank-Pearson", "its accuracy, %", "group minus noise, points"],
              [[r["group"], r["role"], number(scales[r["group"]], 4), number(r["kl"], 2), number(r["rank_pearson"], 3),
                number(r["accuracy"], 1, 100), estimate(r["accuracy_difference"], r["interval"], 1, 100, sign=True)]
               for r in twins["rows"]])


def correlations(entries):
    """Rows of (what, role, correlation)."""
    table(["points", "role", "items", "n", "Spearman", "partial", "as the paper computes it", "p, permuted"],
          [[what, role, c["items"], str(c["points"]), number(c["spearman"], 3),
            "–" if c["partial_spearman"] is None else
            estimate(c["partial_spearman"]["value"], c["partial_spearman"]["interval"], 3),
            "–" if c["partial_spearman_paper"] is None else number(c["partial_spearman_paper"]["value"], 3),
            p_value(c["permutation_within_roles"]["p"])] for what, role, c in entries])


def training(result):
    """One row for each group, means over its seeds."""
    groups = list(dict.fromkeys(t["group"] for t in result["training"]))
    runs = {group: [t for t in result["training"] if t["group"] == group] for group in groups}

    def mean(group, key, decimals):
        return number(sum(t[key] for t in runs[group]) / len(runs[group]), decimals)

    table(["tuned", "seeds", "rows", "target tokens", "steps", "first loss", "last loss", "distance of the weights"],
          [[group, str(len(runs[group]))] + [str(runs[group][0][key]) for key in ("rows", "target_tokens", "steps")]
           + [mean(group, "initial_loss", 3), mean(group, "final_loss", 3), mean(group, "weight_distance", 2)] for group in groups])


def study(result):
    outcomes(result)
    contrasts(result)
    floor(result)
    entries = [("groups", "all", c) for c in result["correlations"]]
    entries += [("weight noise", "all", c) for c in (result.get("weight_noise") or {}).get("correlations", [])]
    if entries:
        correlations(entries)
    noise(result)
    training(result)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    with open(sys.argv[1], encoding="utf-8") as file:
        result = json.load(file)
    if "domains" not in result:
        return study(result)
    print("### Over all domains\n")
    outcomes(result)
    contrasts(result)
    correlations([(c["points"], c["role"], each) for c in result["correlations"] for each in c["correlations"]])
    for domain in result["domains"]:
        print(f"### {domain['domain']}\n")
        study(domain)


if __name__ == "__main__":
    main()
