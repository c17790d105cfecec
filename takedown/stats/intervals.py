"""How sure a share is when one action clears many Urls at once: intervals by effective number."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, stdtrit

Floats = NDArray[np.float64]

ENOUGH_CLUSTERS = 20.0
"""Fewer effective clusters than this make the bootstrap too narrow (Clopper-Pearson instead)."""
_EDGE = 0.10
_CELLS_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """An interval of a share: `low`, `high` and the `share` in 0..1, `k` clusters that count.

    `method` is `bootstrap`, or `conservative` (Clopper-Pearson with n = k: never too narrow).
    """

    low: float
    high: float
    share: float
    k: float
    method: Literal["bootstrap", "conservative"]


def effective_number(m_by_cluster: ArrayLike) -> float:
    """The effective number of clusters, (sum m)^2 / sum m^2 (Kish 1965); 0 without any.

    Equal clusters count fully: ten notices of four Urls are 10. One large among small counts as
    little more than itself.
    """
    m = np.asarray(m_by_cluster, dtype=np.float64)
    squares = float(np.dot(m, m))
    return float(m.sum()) ** 2 / squares if squares > 0 else 0.0


def clopper_pearson(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """The exact binomial interval of a share seen in n trials (Clopper and Pearson 1934).

    n may be fractional (an effective number): the beta quantiles are defined for it.
    Without a trial nothing is known: (0, 1).
    """
    if n <= 0:
        return 0.0, 1.0
    tail = (1.0 - level) / 2.0
    seen = min(max(share, 0.0), 1.0) * n
    missed = n - seen
    low = float(betaincinv(seen, missed + 1.0, tail)) if seen > 0 else 0.0
    high = float(betaincinv(seen + 1.0, missed, 1.0 - tail)) if missed > 0 else 1.0
    return low, high


def share_interval(
    gone_by_cluster: ArrayLike,
    m_by_cluster: ArrayLike,
    *,
    seed: int,
    level: float = 0.95,
    replicates: int = 1000,
) -> ShareInterval:
    """An interval for sum(gone) / sum(m), where the members of a cluster share their fate.

    `gone_by_cluster` may be fractional (weights of Aalen-Johansen); `m_by_cluster` counts the
    members; clusters without members are left out. With k effective clusters of at least 20 and a
    share within 10-90 %: cluster bootstrap by percentiles, reproducible by `seed`. Otherwise
    Clopper-Pearson with n = k, labelled conservative.
    Raises ValueError for arrays of different length, or without a member.
    """
    gone = np.asarray(gone_by_cluster, dtype=np.float64)
    m = np.asarray(m_by_cluster, dtype=np.float64)
    if gone.shape != m.shape or gone.ndim != 1:
        raise ValueError("gone_by_cluster and m_by_cluster must be flat and of one length")
    gone, m = gone[m > 0], m[m > 0]
    order = np.lexsort((gone, m))  # so that the seed means the same whatever order rows came in
    gone, m = gone[order], m[order]
    if not m.size:
        raise ValueError("a share needs at least one member")
    share = min(max(float(gone.sum() / m.sum()), 0.0), 1.0)
    k = effective_number(m)
    if k >= ENOUGH_CLUSTERS and _EDGE <= share <= 1.0 - _EDGE:
        low, high = _bootstrap(gone, m, seed, level, replicates)
        return ShareInterval(min(low, share), max(high, share), share, k, "bootstrap")
    low, high = clopper_pearson(share, k, level)
    return ShareInterval(min(low, share), max(high, share), share, k, "conservative")


def _bootstrap(
    gone: Floats, m: Floats, seed: int, level: float, replicates: int
) -> tuple[float, float]:
    found = [drawn @ gone / (drawn @ m) for drawn in _draws(m.size, seed, replicates)]
    shares = np.sort(np.concatenate(found))
    tail, last = (1.0 - level) / 2.0, replicates - 1
    low, high = shares[math.floor(tail * last)], shares[math.ceil((1.0 - tail) * last)]
    return max(0.0, float(low)), min(1.0, float(high))


def _draws(clusters: int, seed: int, replicates: int) -> Iterator[Floats]:
    """How often each cluster is drawn in each replicate, a block at a time: memory is bounded."""
    block = max(1, _CELLS_AT_ONCE // clusters)
    if replicates <= block:
        yield _drawn(clusters, seed, replicates)
        return
    rng = np.random.default_rng(seed)
    for start in range(0, replicates, block):
        yield _counts(rng, clusters, min(block, replicates - start))


@lru_cache(maxsize=4)
def _drawn(clusters: int, seed: int, replicates: int) -> Floats:
    """Draws that the bounds and horizons of one group share: the same resampled worlds."""
    return _counts(np.random.default_rng(seed), clusters, replicates)


def _counts(rng: np.random.Generator, clusters: int, replicates: int) -> Floats:
    drawn = rng.integers(0, clusters, size=(replicates, clusters))
    drawn += np.arange(replicates)[:, None] * clusters
    flat = np.bincount(drawn.ravel(), minlength=replicates * clusters)
    return flat.reshape(replicates, clusters).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Squares:
    """Sums over clusters, one of each a group: `m` members, `x` of them gone, and their powers."""

    m: Floats
    m2: Floats
    m4: Floats
    x: Floats
    xx: Floats
    xm: Floats


def cluster_intervals(
    share: Floats, of: Squares, clusters: Floats, *, level: float = 0.95
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Intervals of shares by sums over clusters: low, high, and which are conservative.

    With at least 20 effective clusters and a share within 10-90 %: the linearised variance of a
    ratio over clusters (Taylor; Cochran 1977, 6.4) on the logit scale, with Student's t of
    (sum m^2)^2 / sum m^4 degrees of freedom (Satterthwaite 1946), so that few large clusters widen
    it. Otherwise Clopper-Pearson with n = k, never too narrow. Sums add up over months, so that
    any period has its interval at once. Without a member: (0, 1).
    """
    k = np.divide(of.m**2, of.m2, out=np.zeros_like(of.m), where=of.m2 > 0)
    tail = (1.0 - level) / 2.0
    low, high = np.zeros_like(share), np.ones_like(share)
    enough = (k >= ENOUGH_CLUSTERS) & (share >= _EDGE) & (share <= 1.0 - _EDGE)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        centre = of.x / of.m
        spread = np.maximum(of.xx - 2 * centre * of.xm + centre**2 * of.m2, 0.0) / of.m**2
        error = np.sqrt(spread * clusters / (clusters - 1.0)) / (share * (1.0 - share))
        freedom = np.maximum(of.m2**2 / of.m4, 1.0)
        reach = error * stdtrit(freedom, 1.0 - tail, out=np.full_like(share, np.nan), where=enough)
        enough &= np.isfinite(reach)
        middle = np.log(share / (1.0 - share))
        np.copyto(low, 1.0 / (1.0 + np.exp(reach - middle)), where=enough)
        np.copyto(high, 1.0 / (1.0 + np.exp(-reach - middle)), where=enough)
    seen = np.clip(share, 0.0, 1.0) * k
    betaincinv(seen, k - seen + 1.0, tail, out=low, where=~enough & (seen > 0))
    betaincinv(seen + 1.0, k - seen, 1.0 - tail, out=high, where=~enough & (k - seen > 0))
    return np.fmin(low, share), np.fmax(high, share), ~enough
