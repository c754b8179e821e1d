"""Interoperabilitas: any program can read it, and it lies where it says."""

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from workflow.checks.claims import Context, Fault, Params
from workflow.checks.columns import find, texts
from workflow.labels import GEOMETRY_FAULTS
from workflow.layer import Layer
from workflow.repair import fault_in
from workflow.sop import Kind

FAMILIES = {0: "titik", 4: "titik", 1: "garis", 2: "garis", 5: "garis", 3: "area", 6: "area", 7: "kumpulan"}
"""Families by GEOS's type numbers; single and multi are one."""

KUGI = ("FCODE", "NAMOBJ")
"""Columns of the Katalog Unsur Geografi Indonesia that say what a feature is and what it is called."""

MOST = 0.9
"""The share outside the city over which the whole layer is likely another place's, or in another CRS."""

SHOWN = 200
"""Points at most in the place of one finding."""


def layer_has_rows(layer: Layer, context: Context) -> Iterator[Fault]:
    if not len(layer):
        yield Fault({"layer": layer.name})


def maps_have_geometry(layer: Layer, context: Context) -> Iterator[Fault]:
    if context.kind is Kind.GEOSPATIAL and layer.geometry is None:
        yield Fault()


def crs_is_declared(layer: Layer, context: Context) -> Iterator[Fault]:
    if layer.geometry is not None and len(layer) and layer.source_crs is None:
        yield Fault()


def coordinates_are_finite(layer: Layer, context: Context) -> Iterator[Fault]:
    yield from (Fault(n=n) for n in np.flatnonzero(~layer.finite).tolist())


def geometries_are_valid(layer: Layer, context: Context) -> Iterator[Fault]:
    if layer.geometry is not None:
        rows = np.flatnonzero((layer.kinds >= 0) & layer.finite)
        wrong = rows[~layer.valid[rows]]
        for n, reason in zip(wrong, shapely.is_valid_reason(layer.geometry[wrong]), strict=True):
            said, place = fault_in(reason)
            yield Fault(
                {"reason": GEOMETRY_FAULTS.get(said, said)}, n, place=place or layer.geometry[n].envelope.centroid
            )


def geometries_are_of_one_family(layer: Layer, context: Context) -> Iterator[Fault]:
    if layer.geometry is not None:
        kinds, of = np.unique(layer.kinds, return_inverse=True)
        families = np.array([FAMILIES.get(kind, "") for kind in kinds.tolist()], dtype=str)[of]
        names, counts = np.unique(families[families != ""], return_counts=True)
        if len(names) > 1:
            odd = int(np.flatnonzero(families == names[counts.argmin()])[0])
            said = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True))
            yield Fault({"families": said}, odd, place=layer.geometry[odd].envelope.centroid)


def rows_have_geometry(layer: Layer, context: Context) -> Iterator[Fault]:
    if layer.geometry is not None:
        yield from (Fault(n=n) for n in np.flatnonzero(~layer.drawn).tolist())


def axes_are_in_order(layer: Layer, context: Context) -> Iterator[Fault]:
    if context.city and _swapped(layer, context, _outside(layer, context)):
        yield Fault({"city": context.city.name})


def all_lies_in_the_city(layer: Layer, context: Context) -> Iterator[Fault]:
    """Silent where most lies elsewhere: that is said by a check of its own."""
    yield from _share_outside(layer, context, over=0.0, up_to=MOST)


def most_lies_in_the_city(layer: Layer, context: Context) -> Iterator[Fault]:
    yield from _share_outside(layer, context, over=MOST, up_to=1.0)


def key_is_a_column(layer: Layer, context: Context) -> Iterator[Fault]:
    name = context.key_of(layer)
    if name and find(layer, name) is None:
        yield Fault({"key": name})


def key_is_filled(layer: Layer, context: Context) -> Iterator[Fault]:
    if key := find(layer, context.key_of(layer)):
        for n, value in enumerate(texts(layer, key)):
            if not value:
                yield Fault(n=n, field=key)


def key_is_unique(layer: Layer, context: Context) -> Iterator[Fault]:
    first: dict[str, int] = {}
    if key := find(layer, context.key_of(layer)):
        for n, value in enumerate(texts(layer, key)):
            if value and first.setdefault(value, n) != n:
                yield Fault({"value": value[:80], "first": int(layer.rows[first[value]])}, n, key)


def key_is_declared(layer: Layer, context: Context) -> Iterator[Fault]:
    if len(layer) and not context.key_of(layer):
        yield Fault()


def names_of_the_catalogue_are_filled(layer: Layer, context: Context) -> Iterator[Fault]:
    for name in KUGI if layer.geometry is not None else ():
        if field := find(layer, name):
            blank = [n for n, value in enumerate(texts(layer, field)) if not value]
            if blank:
                yield Fault({"count": len(blank), "total": len(layer)}, blank[0], field)


def _share_outside(layer: Layer, context: Context, *, over: float, up_to: float) -> Iterator[Fault]:
    """By centroids: a feature on the border belongs to whichever side holds its middle."""
    outside = _outside(layer, context)
    if layer.geometry is None or context.city is None or not len(outside) or _swapped(layer, context, outside):
        return
    share = len(outside) / int(layer.drawn.sum())
    if over < share <= up_to:
        rows = ", ".join(map(str, layer.rows[outside[:10]])) + (", …" if len(outside) > 10 else "")
        percent = max(0.1, round(share * 100, 1))
        params: Params = {"city": context.city.name, "count": len(outside), "percent": percent, "rows": rows}
        points = shapely.centroid(layer.geometry[outside[:SHOWN]])
        yield Fault(params, int(outside[0]), place=shapely.multipoints(points))


def _swapped(layer: Layer, context: Context, outside: NDArray[np.int64]) -> bool:
    """Whether most of it lies outside, and would lie inside with longitude and latitude exchanged."""
    most = len(layer) / 2
    return len(outside) > most and len(_outside(layer, context, swap=True)) < most


def _outside(layer: Layer, context: Context, *, swap: bool = False) -> NDArray[np.int64]:
    """Positions of what lies outside the city; none where that cannot be said."""
    if layer.geometry is None or layer.source_crs is None or context.city is None:
        return np.empty(0, dtype=np.int64)
    rows = np.flatnonzero(layer.drawn & layer.finite)
    x, y = layer.middles[rows].T
    shapely.prepare(context.city.extent)
    return rows[~shapely.contains_xy(context.city.extent, *((y, x) if swap else (x, y)))]
