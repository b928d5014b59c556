"""Statistics of scipy, statsmodels and NumPy for HoldfastKnowledgeTests.

Usage: python knowledge_statistics.py   (writes ../knowledge/statistics.json)
Made with scipy 1.17.1, statsmodels 0.15.0, NumPy 2.4.6, CPython 3.11.
"""
import json
import os
import random

import numpy as np
from scipy import optimize, spatial, special, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

rng = np.random.default_rng(7)
out = {}

# Two score vectors of 2 to 26 choices, some with ties, some constant.
pairs = []
for n in [2, 3, 4, 4, 4, 5, 5, 8, 26]:
    for tied in [False, True]:
        x, y = rng.normal(size=n) * 3, rng.normal(size=n) * 3
        if tied:
            x, y = np.round(x), np.round(y)
        pairs.append((x, y))
pairs.append((np.zeros(4), rng.normal(size=4)))
pairs.append((np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 3, 4])))
finite = lambda v: None if not np.isfinite(v) else float(v)
out['pairs'] = []
with np.errstate(all='ignore'):
    for x, y in pairs:
        p, q = special.softmax(x), special.softmax(y)
        dense = lambda v: stats.rankdata(-v, method='dense')
        same = lambda f, a, b: None if np.ptp(a) == 0 or np.ptp(b) == 0 else finite(f(a, b)[0])
        out['pairs'].append(dict(
            x=x.tolist(), y=y.tolist(), softmax=p.tolist(), log_softmax=special.log_softmax(x).tolist(),
            average_ranks=stats.rankdata(x).tolist(), dense_ranks=dense(x).tolist(),
            pearson=same(stats.pearsonr, x, y), rank_pearson=same(stats.pearsonr, dense(x), dense(y)),
            spearman=same(stats.spearmanr, x, y), kendall=same(stats.kendalltau, x, y),
            kl=float(stats.entropy(p, q)), jsd=float(spatial.distance.jensenshannon(p, q) ** 2),
            total_variation=float(np.abs(p - q).sum() / 2), cosine=float(1 - spatial.distance.cosine(p, q))))

out['mcnemar'] = [dict(lost=b, gained=c, p=float(mcnemar([[0, b], [c, 0]], exact=True).pvalue))
                  for b, c in [(0, 0), (1, 0), (0, 6), (3, 3), (5, 12), (30, 11), (100, 140), (700, 800), (2000, 1500)]]
out['wilson'] = [dict(successes=k, trials=n, level=level,
                      interval=[float(v) for v in proportion_confint(k, n, 1 - level, method='wilson')])
                 for k, n, level in [(0, 10, .95), (10, 10, .95), (5, 10, .95), (131, 250, .95), (131, 250, .99), (1, 4000, .9)]]
p = [0.01, 0.04, 0.03, 0.005, 0.8, 0.03]
out['holm'] = dict(p=p, adjusted=multipletests(p, method='holm')[1].tolist())
probabilities = [1e-300, 1e-20, 1e-6, 0.001, 0.025, 0.07, 0.2, 0.5, 0.6, 0.93, 0.975, 0.999999, 1 - 1e-12]
out['normal'] = dict(probabilities=probabilities, quantiles=stats.norm.ppf(probabilities).tolist(),
                     z=[-9, -3, -1.96, 0, 0.5, 4], cdf=stats.norm.cdf([-9, -3, -1.96, 0, 0.5, 4]).tolist())
values = rng.normal(size=23)
out['quantile'] = dict(values=values.tolist(), at=[0, .025, .1, .5, .77, .975, 1],
                       quantiles=np.quantile(values, [0, .025, .1, .5, .77, .975, 1]).tolist())

# BCa and percentile intervals of a skewed sample's mean, with the very resamples scipy drew.
sample = rng.beta(5, 1, size=60)
for method in ['percentile', 'BCa']:
    result = stats.bootstrap((sample,), np.mean, n_resamples=499, method=method, rng=np.random.default_rng(3))
    out[method.lower()] = [float(result.confidence_interval.low), float(result.confidence_interval.high)]
out['bootstrap'] = dict(sample=sample.tolist(), replicates=result.bootstrap_distribution.tolist())

# Calibration, straight from its definition.
confidence, correct = rng.uniform(0.2, 1, size=200), rng.uniform(size=200) < 0.6
def gaps(bins):
    return [(len(b) / len(confidence), abs(confidence[b].mean() - correct[b].mean())) for b in bins if len(b)]
wide = gaps([np.flatnonzero(np.minimum((confidence * 10).astype(int), 9) == b) for b in range(10)])
mass = gaps(np.array_split(np.argsort(confidence, kind='stable'), 10))
out['calibration'] = dict(confidence=confidence.tolist(), correct=[bool(c) for c in correct],
                          ece=sum(w * g for w, g in wide), ece_mass=sum(w * g for w, g in mass),
                          rms=sum(w * g * g for w, g in wide) ** .5)

# Optimal assignment.
out['assignment'] = []
for rows, columns, whole in [(1, 1, False), (3, 3, False), (5, 9, False), (12, 40, False), (8, 8, True), (10, 15, True)]:
    costs = rng.integers(0, 5, size=(rows, columns)) if whole else rng.uniform(size=(rows, columns))
    r, c = optimize.linear_sum_assignment(costs)
    out['assignment'].append(dict(costs=costs.tolist(), total=float(costs[r, c].sum())))

# Python's shuffle.
out['shuffle'] = []
for seed in [0, 1, 42, 43, 2**31, 2**32 - 1, 2**32, 2**63 + 12345]:
    for n in [1, 2, 5, 10, 285, 2000 if seed == 42 else 17]:
        order = list(range(n))
        random.seed(seed)
        random.shuffle(order)
        out['shuffle'].append(dict(seed=str(seed), order=order))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'knowledge', 'statistics.json')
with open(path, 'w') as f:
    json.dump(out, f)
    f.write('\n')
