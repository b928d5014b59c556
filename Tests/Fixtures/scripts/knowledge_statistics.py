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
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportion_effectsize

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

# Everything below draws from a generator of its own, so that the numbers above stay.
rng = np.random.default_rng(11)
flat = lambda v: [float(x) for x in v]

out['mcnemar_corrected'] = []
for b, c in [(1, 0), (0, 6), (3, 3), (5, 12), (30, 11), (700, 800)]:
    test = mcnemar([[0, b], [c, 0]], exact=False, correction=True)
    out['mcnemar_corrected'].append(dict(lost=b, gained=c, statistic=float(test.statistic), p=float(test.pvalue)))
p = rng.uniform(size=12) ** 3
out['benjamini_hochberg'] = dict(p=flat(p), adjusted=flat(multipletests(p, method='fdr_bh')[1]))
out['beta'] = [dict(x=x, a=a, b=b, cdf=float(special.betainc(a, b, x)), quantile=float(stats.beta.ppf(x, a, b)))
               for a, b in [(.5, .5), (1, 1), (2, .5), (14, .5), (3, 9), (130, 121), (1500, 2)]
               for x in [1e-6, .025, .3, .5, .9, .975, .9999]]
out['student'] = [dict(t=t, df=df, p=float(2 * stats.t.sf(abs(t), df)))
                  for df in [1, 2, 5, 29, 1000] for t in [0, .3, -1.96, 5, 40]]
out['proportions'] = []
for k, n, l, m in [(131, 250, 118, 250), (0, 20, 5, 40), (20, 20, 3, 9), (400, 800, 380, 800)]:
    low, high = confint_proportions_2indep(k, n, l, m, method='newcomb', compare='diff')
    out['proportions'].append(dict(successes=[k, l], trials=[n, m], h=float(proportion_effectsize(k / n, l / m)),
                                   interval=[float(low), float(high)]))

# Newcombe (1998), Statistics in Medicine 17:2635, method 10, straight from the paper; odds by Clopper and Pearson.
def paired(a, b, c, d, level):
    n, z = a + b + c + d, stats.norm.ppf(.5 + level / 2)
    p, q = (a + b) / n, (a + c) / n
    (l1, u1), (l2, u2) = (proportion_confint(k, n, 1 - level, method='wilson') for k in (a + b, a + c))
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    cross = a * d - b * c
    phi = 0 if margins == 0 else (max(cross - n / 2, 0) if cross > 0 else cross) / margins ** .5
    low = p - q - ((p - l1) ** 2 - 2 * phi * (p - l1) * (u2 - q) + (u2 - q) ** 2) ** .5
    high = p - q + ((q - l2) ** 2 - 2 * phi * (q - l2) * (u1 - p) + (u1 - p) ** 2) ** .5
    share = proportion_confint(b, b + c, 1 - level, method='beta')
    odds = [None if s == 1 else float(s / (1 - s)) for s in share]
    return dict(both=a, first=b, second=c, neither=d, level=level, interval=[float(low), float(high)], odds=odds)
out['paired'] = [paired(*counts, level) for counts, level in [((36, 12, 2, 0), .95), ((120, 30, 11, 89), .95),
                 ((0, 5, 9, 6), .9), ((400, 40, 60, 300), .99), ((20, 0, 3, 7), .95), ((10, 4, 0, 6), .95)]]

# Partial rank correlation: the formula with its t test, and by residuals of ranks as the paper's code takes it.
def residuals(y, x):
    design = np.column_stack([np.ones_like(x), x])
    return y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
out['partial'] = []
for n, ties in [(6, False), (8, False), (32, False), (32, True), (100, False)]:
    z = rng.normal(size=n)
    x, y = z + rng.normal(size=n), z * .5 + rng.normal(size=n)
    if ties:
        x, y, z = np.round(x), np.round(y * 2), np.round(z)
    r = stats.spearmanr(np.column_stack([x, y, z])).statistic
    value = (r[0, 1] - r[0, 2] * r[1, 2]) / ((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2)) ** .5
    t = value * ((n - 3) / (1 - value ** 2)) ** .5
    rx, ry, rz = (stats.rankdata(v) for v in (x, y, z))
    ex, ey = (np.round(residuals(v, rz), 9) for v in (rx, ry))
    paper = stats.spearmanr(ex, ey)
    low, high = stats.pearsonr(stats.rankdata(ex), stats.rankdata(ey)).confidence_interval(.95)
    out['partial'].append(dict(x=flat(x), y=flat(y), z=flat(z), value=float(value),
                               p=float(2 * stats.t.sf(abs(t), n - 3)), paper=float(paper.statistic),
                               paper_p=float(paper.pvalue), paper_interval=[float(low), float(high)]))

# Permutation tests, exact: signs of paired differences, and places within strata.
out['signs'] = []
for d in [rng.integers(-1, 2, size=14), rng.normal(size=9) + .4, np.array([1., 1, 1, 1, 1]), np.zeros(3)]:
    test = stats.permutation_test((d,), np.mean, permutation_type='samples', n_resamples=np.inf)
    out['signs'].append(dict(values=flat(d), p=float(test.pvalue)))
import itertools
strata, x, y = [0, 0, 0, 0, 1, 1, 1], rng.normal(size=7), rng.normal(size=7)
x[:4] += 2
y[:4] += 2
observed = abs(stats.pearsonr(x, y)[0])
every = [abs(stats.pearsonr(np.concatenate([a, b]), y)[0])
         for a in itertools.permutations(x[:4]) for b in itertools.permutations(x[4:])]
out['strata'] = dict(x=flat(x), y=flat(y), strata=strata, p=float(np.mean(np.array(every) >= observed * (1 - 1e-12))))

# Clusters: scipy resamples pairs of each cluster's sum and size.
sizes = rng.integers(1, 12, size=9)
sums = np.array([rng.binomial(n, .6) for n in sizes])
drawn = rng.integers(0, 9, size=(40, 9))
result = stats.bootstrap((sums, sizes), lambda s, n, axis=-1: s.sum(axis) / n.sum(axis), paired=True, n_resamples=2000,
                         method='percentile', rng=np.random.default_rng(5))
out['clusters'] = dict(sums=flat(sums), sizes=[int(n) for n in sizes], drawn=drawn.tolist(),
                       ratios=flat(sums[drawn].sum(1) / sizes[drawn].sum(1)), standard_error=float(result.standard_error))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'knowledge', 'statistics.json')
with open(path, 'w') as f:
    json.dump(out, f)
    f.write('\n')
