"""Sums by age from rows into arrays, as curves and bounds need them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from takedown.stats import grid
from takedown.stats.envelope import Floats
from takedown.stats.facts import sums


def laid(found: Mapping[str, Any], keys: Sequence[Any]) -> dict[str, Floats]:
    """Sums by age as arrays (group, point): only as wide as the oldest case needs. What stands in
    several rows is added up."""
    at = _rows(found["key"], keys)
    bins = np.asarray(found["bin"], dtype=np.int64)
    wide = max(int(bins.max(initial=0)) + 2, grid.bin_of(grid.HOURS[-1] * 60) + 2)
    flat, cells = at * wide + bins, (len(keys) + 1) * wide
    grown: dict[str, Floats] = {}
    for name in sums.AGES:
        counted = np.ma.filled(found[name], 0.0).astype(np.float64)
        rows: Floats = np.bincount(flat, counted, cells)  # type: ignore[assignment]
        grown[name] = rows.reshape(-1, wide)[:-1]  # the last row: keys that nobody asked for
    return grown


def _rows(found: Any, keys: Sequence[Any]) -> NDArray[np.int64]:
    """The row of each key: its place in `keys`, else the one after them all."""
    places = {key: place for place, key in enumerate(keys)}
    unknown = np.ma.getmaskarray(found)
    at = np.full(len(found), places.get(None, len(keys)), dtype=np.int64)
    distinct, inverse = _distinct(np.ma.getdata(found)[~unknown])
    placed = [places.get(plain(key), len(keys)) for key in distinct]
    at[~unknown] = np.array(placed, dtype=np.int64)[inverse]
    return at


def _distinct(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Values without repetition, and which of them stands at each place. Small numbers, as those of
    providers, are not sorted: all from the least to the largest will do."""
    if values.dtype.kind == "i" and values.size:
        least, most = int(values.min()), int(values.max())
        if most - least < values.size:
            return np.arange(least, most + 1), (values - least).astype(np.int64)
    return np.unique(values, return_inverse=True)


def coded(country: str | None) -> int:
    """A country as sums by age name it."""
    return -1 if country is None else ord(country[0]) * 256 + ord(country[1])


def plain(key: Any) -> Any:
    """A key as Python knows it: a number, a text, the date of a month, or None."""
    if key is None or key is np.ma.masked:
        return None
    if isinstance(key, np.datetime64):
        return None if np.isnat(key) else key.astype("datetime64[D]").astype(object)
    return key.item() if isinstance(key, np.generic) else key
