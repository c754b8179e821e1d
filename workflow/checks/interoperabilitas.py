"""Interoperabilitas: any program can read it, and it lies where it says."""

import re
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from workflow.checks.claims import Context, Fault, Params
from workflow.checks.columns import find, texts
from workflow.checks.ground import SHOWN
from workflow.labels import GEOMETRY_FAULTS
from workflow.layer import Layer
from workflow.repair import fault_in
from workflow.sop import Kind

FAMILIES = {0: "titik", 4: "titik", 1: "garis", 2: "garis", 5: "garis", 3: "area", 6: "area", 7: "kumpulan"}
"""Families by GEOS's type numbers; single and multi are one."""

KUGI = ("FCODE", "NAMOBJ")
"""Columns of the Katalog Unsur Geografi Indonesia that say what a feature is and what it is called."""

CODE = re.compile(r"[A-MZ][A-Z](\d\d){2,4}")
"""A category A to M or Z of the catalogue, its part, and two digits to a level."""

SUFFIX = re.compile(r"_(PT|LN|AR)_(\d+)K$", re.IGNORECASE)
SUFFIXES = {"PT": "titik", "LN": "garis", "AR": "area"}
"""ADMINISTRASIDESA_AR_25K: areas, drawn for 1:25,000."""

MOST = 0.9
"""The share outside the city over which the whole layer is likely another place's, or in another CRS."""


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


def codes_have_the_form_of_the_catalogue(layer: Layer, context: Context) -> Iterator[Fault]:
    """Whether the code is in the catalogue nobody here can say: its list is not published whole."""
    if layer.geometry is not None and (field := find(layer, "FCODE")):
        wrong = {n: value for n, value in enumerate(texts(layer, field)) if value and not CODE.fullmatch(value)}
        for n, value in list(wrong.items())[:1]:
            better = re.sub(r"[\W_]", "", value).upper()
            right = better if CODE.fullmatch(better) else None
            yield Fault({"value": value[:80], "count": len(wrong)}, n, field, suggestion=right)


def codes_are_of_one_family(layer: Layer, context: Context) -> Iterator[Fault]:
    first: dict[str, tuple[str, int]] = {}
    said: set[str] = set()
    field = find(layer, "FCODE") if layer.geometry is not None else None
    for n, code in enumerate(texts(layer, field) if field else ()):
        family = FAMILIES.get(int(layer.kinds[n]), "")
        before, at = first.setdefault(code, (family, n)) if code and family else (family, n)
        if before != family and code not in said:
            said.add(code)
            params: Params = {"value": code[:80], "family": family, "other": before, "first": int(layer.rows[at])}
            yield Fault(params, n, field)


def name_says_what_is_drawn(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of layers named as in the catalogue."""
    if not (said := SUFFIX.search(layer.name)) or layer.geometry is None:
        return
    family, scale = SUFFIXES[said[1].upper()], context.metadata.get("scale")
    drawn = {FAMILIES[kind] for kind in np.unique(layer.kinds).tolist() if kind in FAMILIES}
    if len(drawn) == 1 and drawn != {family}:
        yield Fault({"name": layer.name, "said": family, "found": drawn.pop()})
    elif isinstance(scale, int) and scale != int(said[2]) * 1000:
        yield Fault(
            {"name": layer.name, "said": f"skala 1:{said[2]}.000", "found": f"skala 1:{scale:,}".replace(",", ".")}
        )


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
