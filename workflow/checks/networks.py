"""Interoperabilitas of networks: roads and drains of lines that meet, cross and flow on (domain.md G08)."""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from workflow.checks.claims import Context, Fault, Params
from workflow.checks.columns import is_text, subject
from workflow.checks.ground import LINES, SHOWN, SNAPPED, Shapes, drawn_as, in_degrees, in_metres
from workflow.labels import LINE_ENDS
from workflow.layer import Layer

REACH = 2.0
"""Metres: an end this far from a line was meant to reach it."""
WATER = re.compile(r"\b(drain\w*|selokan|gorong|saluran|irigasi|sungai?|kali|kanal|perairan)\b")
ROADS = re.compile(r"\b(jalan|jln|jl|roads?)\b")
DRY = re.compile(r"\b(tegangan|listrik|kabel|telepon|telekomunikasi|energi)\b")
RAILS = r"(?i)\b(rel|kereta api|railway)\b"
MOSTLY = 0.8
"""The share of meeting places through which water flows from which a network was drawn downstream."""


def lines_reach_one_another(layer: Layer, context: Context) -> Iterator[Fault]:
    """But for those that run beside another one: cables, and both sides of a road, end where they like."""
    rows, shapes = drawn_as(layer, LINES, valid=True)
    if len(rows) < 2:
        return
    parts, of = shapely.get_parts(in_metres(shapes), return_index=True)
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    owner = np.concatenate([np.arange(len(parts))] * 2)
    end, line = STRtree(parts).query(ends, predicate="dwithin", distance=REACH)
    others = owner[end] != line
    end, line = end[others], line[others]
    apart = shapely.distance(ends[end], parts[line])
    nearest = np.lexsort((apart, end))
    nearest = nearest[np.unique(end[nearest], return_index=True)[1]]
    nearest = nearest[apart[nearest] > SNAPPED]
    own = parts[owner[end[nearest]]]
    before = shapely.line_interpolate_point(own, np.where(end[nearest] < len(parts), 3 * REACH, -3 * REACH))
    beside = shapely.distance(before, parts[line[nearest]]) <= REACH
    for at in nearest[~beside].tolist():
        tip, own = ends[end[at]], owner[end[at]]
        past = float(shapely.distance(tip, shapely.intersection(parts[own], parts[line[at]])))  # NaN: they do not meet
        how, distance = ("past", past) if past <= 2 * REACH else ("short", float(apart[at]))
        said: Params = {"distance": round(distance, 2), "how": LINE_ENDS[how]}
        yield Fault(said, int(rows[of[own]]), place=in_degrees(tip, shapes))


def lines_are_long_enough(layer: Layer, context: Context) -> Iterator[Fault]:
    rows, shapes = drawn_as(layer, LINES, valid=True)
    for at in np.flatnonzero(shapely.length(in_metres(shapes)) < SNAPPED).tolist() if len(rows) else ():
        yield Fault(n=int(rows[at]), place=shapes[at].centroid)


def lines_cross_at_nodes(layer: Layer, context: Context) -> Iterator[Fault]:
    """Once of a layer of roads or drains, for bridges cross too. What ends just past a line is said to dangle."""
    about = subject(layer, context)
    rows, shapes = drawn_as(layer, LINES, valid=True)
    if len(rows) < 2 or DRY.search(about) or not (ROADS.search(about) or WATER.search(about)):
        return
    rails = _rails(layer)[rows]
    rows, shapes = rows[~rails], shapes[~rails]
    parts, of = shapely.get_parts(in_metres(shapes), return_index=True)
    one, other = STRtree(parts).query(parts, predicate="crosses")
    one, other = one[one < other], other[one < other]
    points, pair = shapely.get_parts(shapely.intersection(parts[one], parts[other]), return_index=True)
    points, pair = points[shapely.get_type_id(points) == 0], pair[shapely.get_type_id(points) == 0]
    apart = np.zeros(len(points))
    clear = np.ones(len(points), dtype=bool)
    for line in (one[pair], other[pair]):
        apart = np.maximum(apart, shapely.distance(points, _vertices(parts, line)))
        for end in (0, -1):
            clear &= shapely.distance(points, shapely.get_point(parts[line], end)) > 2 * REACH
    if len(crossed := np.flatnonzero(clear & (apart > SNAPPED))):
        first, second = (int(rows[of[which[pair[crossed[0]]]]]) for which in (one, other))
        params = {"count": len(crossed), "other": int(layer.rows[second])}
        yield Fault(params, first, place=in_degrees(shapely.multipoints(points[crossed[:SHOWN]]), shapes))


def _rails(layer: Layer) -> NDArray[np.bool_]:
    """Rows that say to be a railway: nobody turns from the road onto it."""
    found = np.zeros(len(layer), dtype=bool)
    for field in layer.fields:
        if is_text(layer, field):
            found |= pc.fill_null(pc.match_substring_regex(layer.columns[field.name], RAILS), False).to_numpy()
    return found


def _vertices(parts: Shapes, wanted: NDArray[np.int64]) -> Shapes:
    """Of each wanted line its vertices as one geometry."""
    lines, at = np.unique(wanted, return_inverse=True)
    xy, of = shapely.get_coordinates(parts[lines], return_index=True)
    found: Shapes = np.atleast_1d(shapely.multipoints(xy, indices=of))[at]
    return found


def water_flows_on(layer: Layer, context: Context) -> Iterator[Fault]:
    """A line that, turned, would let water through both its ends, where nothing flows on at either now. One end alone
    may be an outfall or a crest."""
    about = subject(layer, context)
    rows, shapes = drawn_as(layer, LINES, valid=True)
    if len(rows) < 2 or DRY.search(about) or not WATER.search(about):
        return
    parts, of = shapely.get_parts(in_metres(shapes), return_index=True)
    count = len(parts)
    tips = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    _, node = np.unique(np.round(shapely.get_coordinates(tips) / SNAPPED), axis=0, return_inverse=True)
    start, end = node[:count], node[count:]
    leaving, arriving = (np.bincount(each, minlength=node.max() + 1) for each in (start, end))
    tip, line = STRtree(parts).query(tips, predicate="dwithin", distance=SNAPPED)
    beside = tip[(node[tip] != start[line]) & (node[tip] != end[line])]
    through = (leaving > 0) & (arriving > 0)
    through[node[beside]] = True
    meeting = leaving + arriving > 1
    if not meeting.any() or through[meeting].mean() < MOSTLY:
        return
    stuck = meeting & ~through
    for at in np.flatnonzero(stuck[start] & stuck[end] & (start != end)).tolist():
        place = in_degrees(shapely.line_interpolate_point(parts[at], 0.5, normalized=True), shapes)
        yield Fault(n=int(rows[of[at]]), place=place)
