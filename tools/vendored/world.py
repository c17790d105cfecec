"""Outlines of countries for the map: Natural Earth's, in the Equal Earth projection.

    python tools/vendored/world.py countries-110m.json countries-50m.json > world.json

The files are those of the npm package `world-atlas`. Areas are drawn equal (Šavrič, Patterson,
Jenny 2018), 2,000 units wide; each outline is named by its ISO code of two letters, holes run the
other way round. Countries too small for the coarse outlines stand as a small circle (`small`)
where the finer ones put them.
"""

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.core import get_global

Point = tuple[float, float]
Ring = list[tuple[int, int]]

_A = (1.340264, -0.081106, 0.000893, 0.003796)
_M = math.sqrt(3) / 2
_HALF_WIDTH = math.pi / (_M * _A[0])
_UNITS = 1000
_NAMED = {"Kosovo": "XK"}
_LEFT_OUT = ("AQ",)
_CIRCLE, _CORNERS = 9.0, 16
_HALF_TURN = 180.0


def equal_earth(point: Point) -> Point:
    """Degrees east and north as units of the map."""
    east, north = (math.radians(one) for one in point)
    t = math.asin(_M * math.sin(north))
    t2, t6 = t * t, t**6
    slope = _M * (_A[0] + 3 * _A[1] * t2 + t6 * (7 * _A[2] + 9 * _A[3] * t2))
    scale = _UNITS / _HALF_WIDTH
    y = t * (_A[0] + _A[1] * t2 + t6 * (_A[2] + _A[3] * t2))
    return east * math.cos(t) / slope * scale, y * scale


def countries(atlas: dict[str, Any]) -> Iterator[tuple[str, list[list[list[Point]]]]]:
    """The code of each country and its polygons in degrees; without a code an empty one."""
    arcs = [_decoded(arc, atlas["transform"]) for arc in atlas["arcs"]]
    for one in atlas["objects"]["countries"]["geometries"]:
        shapes = one["arcs"] if one["type"] == "MultiPolygon" else [one["arcs"]]
        yield _code(one), [[_ring(ring, arcs) for ring in shape] for shape in shapes]


def _code(one: dict[str, Any]) -> str:
    aliases = get_global("territory_aliases").get(one.get("id", ""), [""])
    return _NAMED.get(one["properties"]["name"], aliases[0])


def _decoded(arc: list[list[int]], transform: dict[str, list[float]]) -> list[Point]:
    x = y = 0
    points = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        at = zip((x, y), transform["scale"], transform["translate"], strict=True)
        points.append(tuple(value * scale + start for value, scale, start in at))
    return points


def _ring(numbers: list[int], arcs: list[list[Point]]) -> list[Point]:
    points: list[Point] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    return points


def _cut(ring: list[Point]) -> Iterator[list[Point]]:
    """A ring that crosses the edge of the map as one ring on either side."""
    whole: list[Point] = []
    turn = 0.0
    for x, y in ring:
        if whole and abs(x + turn - whole[-1][0]) > _HALF_TURN:
            turn += math.copysign(2 * _HALF_TURN, whole[-1][0] - x - turn)
        whole.append((x + turn, y))
    for shift in (-2 * _HALF_TURN, 0.0, 2 * _HALF_TURN):
        part = [(x + shift, y) for x, y in whole]
        part = _clipped(_clipped(part, _HALF_TURN, 1), -_HALF_TURN, -1)
        if len(part) > 2:
            yield [*part, part[0]]


def _clipped(ring: list[Point], edge: float, side: int) -> list[Point]:
    """What lies on this side of a meridian (Sutherland and Hodgman)."""
    kept: list[Point] = []
    for (x1, y1), (x2, y2) in zip(ring[-1:] + ring[:-1], ring, strict=True):
        inside = [side * x <= side * edge for x in (x1, x2)]
        if inside[0] != inside[1]:
            kept.append((edge, y1 + (y2 - y1) * (edge - x1) / (x2 - x1)))
        if inside[1]:
            kept.append((x2, y2))
    return kept


def _drawn(ring: list[Point]) -> Ring:
    found: Ring = []
    for point in ring:
        x, y = (round(value) for value in equal_earth(point))
        if not found or found[-1] != (x, y):
            found.append((x, y))
    return found


def _circle(shapes: list[list[list[Point]]]) -> list[list[Ring]]:
    largest = max((shape[0] for shape in shapes), key=len)
    x, y = equal_earth(tuple(sum(axis) / len(largest) for axis in zip(*largest, strict=True)))
    turns = [2 * math.pi * corner / _CORNERS for corner in range(_CORNERS)]
    ring = [(round(x + _CIRCLE * math.cos(a)), round(y + _CIRCLE * math.sin(a))) for a in turns]
    return [[[*ring, ring[0]]]]


def _feature(code: str, shapes: list[list[Ring]], **more: bool) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"name": code, **more},
        "geometry": {"type": "MultiPolygon", "coordinates": shapes},
    }


def world(coarse: dict[str, Any], fine: dict[str, Any]) -> dict[str, Any]:
    """GeoJSON in the map's units."""
    features, seen = [], set()
    for code, shapes in countries(coarse):
        if code not in _LEFT_OUT:
            parts = (part for shape in shapes for ring in shape for part in _cut(ring))
            rings = [ring for ring in map(_drawn, parts) if len(ring) > 3]
            features.append(_feature(code, [[ring] for ring in rings]))
            seen.add(code)
    for code, shapes in countries(fine):
        if code and code not in seen and code not in _LEFT_OUT:
            features.append(_feature(code, _circle(shapes), small=True))
            seen.add(code)
    return {"type": "FeatureCollection", "features": features}


if __name__ == "__main__":
    atlases = [json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:3]]
    json.dump(world(*atlases), sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")
