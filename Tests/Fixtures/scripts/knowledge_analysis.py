#!/usr/bin/env python3
"""Debiased linear CKA and simultaneous bootstrap bands in NumPy, ridge classification in scikit-learn:
Tests/Fixtures/knowledge/analysis.json.

CKA is written with the matrices U-centred (Szekely and Rizzo), another way to the same number than the sums of Song et al.
"""
import json
import pathlib

import numpy as np
from sklearn.linear_model import RidgeClassifier

ROOT = pathlib.Path(__file__).resolve().parent.parent / "knowledge"


def u_centred(k):
    n = len(k)
    k = k - np.diag(np.diag(k))
    rows = k.sum(1, keepdims=True) / (n - 2)
    k = k - rows - rows.T + k.sum() / ((n - 1) * (n - 2))
    return k - np.diag(np.diag(k))


def cka(x, y):
    a, b = u_centred(x @ x.T), u_centred(y @ y.T)
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def band(curve, drawn, level):
    means = curve.mean(1)
    replicates = curve[:, drawn].mean(2)
    errors = replicates.std(1, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        statistics = np.where(errors[:, None] > 0, abs(replicates - means[:, None]) / errors[:, None], 0)
    largest = statistics.max(0)
    critical = np.quantile(largest, level)
    p = [(1 + (largest >= abs(m) / e).sum()) / (len(drawn) + 1) if e > 0 else 1.0 for m, e in zip(means, errors)]
    return {"values": means.tolist(), "lower": (means - critical * errors).tolist(),
            "upper": (means + critical * errors).tolist(), "p": [float(v) for v in p], "critical": float(critical)}


def ridge(random, classes, width, penalty):
    """Decision values and predictions of a probe fitted to the first 20 of 28 items."""
    labels = random.integers(0, classes, size=28)
    labels[:classes] = range(classes)
    x = random.normal(size=(28, width)) + labels[:, None] * random.normal(size=width) + 3
    x = x.astype(np.float32).astype(float)
    probe = RidgeClassifier(alpha=penalty, solver="cholesky").fit(x[:20], labels[:20])
    values = probe.decision_function(x[20:])
    if classes == 2:
        values = np.stack([-values, values], 1)
    return {"x": x.ravel().tolist(), "width": width, "classes": classes, "penalty": penalty,
            "labels": labels.tolist(), "scores": values.ravel().tolist()}


def main():
    random = np.random.default_rng(5)
    x = random.normal(size=(12, 20)).astype(np.float32).astype(float)
    cases = []
    for y in (x, 2 * x @ np.linalg.qr(random.normal(size=(20, 20)))[0], x[:, :4] + 0.3, random.normal(size=(12, 30))):
        y = y.astype(np.float32).astype(float)
        cases.append({"x": x.ravel().tolist(), "y": y.ravel().tolist(), "columns": [20, y.shape[1]], "cka": cka(x, y)})
    curve = np.round(random.normal(size=(4, 9)) + np.array([[0], [0.3], [1], [2]]), 3)
    curve[0] = 0
    drawn = random.integers(0, 9, size=(60, 9))
    found = {"items": 12, "cka": cases,
             "ridge": [ridge(random, 2, 40, 1.0), ridge(random, 3, 5, 0.5), ridge(random, 4, 60, 10.0)],
             "band": {"curve": curve.tolist(), "drawn": drawn.tolist(), "level": 0.9} | band(curve, drawn, 0.9)}
    (ROOT / "analysis.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
