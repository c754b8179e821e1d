"""The parameters of a request: every one is known and fits, or the answer is 400 and names it."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from math import isfinite

from werkzeug.datastructures import MultiDict

from server.ogc import filters
from server.ogc.coordinates import canonical, system
from server.ogc.periods import period_of
from server.ogc.provider import literal
from server.ogc.words import CRS84
from server.pages.language import _
from workflow.errors import BadRequest
from workflow.layer import FieldType

CRS_PARAMETERS = ("crs", "bbox-crs", "filter-crs")
ENDS = {"east": ("barat", "timur"), "north": ("selatan", "utara")}
"""Of an axis, the low and the high one."""
LANGUAGES = ("cql2-text", "cql-text", "cql2-json")
FORMS = ("json", "html")
GENERAL = frozenset({"f", "lang"})
"""Understood at every address."""


def refuse(parameter: str, why: str, mend: str = "") -> BadRequest:
    return BadRequest(
        _("Parameter %(name)s %(why)s", name=parameter, why=why), mend=mend, where={"parameter": parameter}
    )


def check(
    args: MultiDict[str, str],
    known: Collection[str],
    fields: Mapping[str, FieldType],
    systems: Collection[str] = (),
    forms: Collection[str] = FORMS,
) -> None:
    """Raises BadRequest for a parameter that is not in `known` or a field, or whose value does not fit.

    `systems` are the URIs of the coordinate systems, `forms` the values of f, that may be asked for.
    """
    for name, text in args.items():
        if name not in known and name not in fields:
            names = ", ".join([*sorted(known), *fields])
            raise refuse(name, _("tidak dikenal di alamat ini."), _("Yang dikenal: %(names)s.", names=names))
        if "\x00" in text:
            raise refuse(name, _("berisi huruf yang tidak dapat dipakai."))
        if name == "f":
            _one_of(name, text, choices=forms)
        elif name in CHECKS:
            CHECKS[name](name, text)
        elif name in fields:
            literal(name, text, fields[name])
        elif name in ("sortby", "properties"):
            _check_fields(name, text, fields)
        elif name in CRS_PARAMETERS:
            _one_of(name, canonical(text), choices=systems)
    if "bbox" in args:
        _check_box("bbox", args["bbox"], canonical(args.get("bbox-crs", CRS84)))
    if "filter" in args:
        filters.parse(args["filter"], args.get("filter-lang", LANGUAGES[0]))
    if "bbox-crs" in args and "bbox" not in args:
        raise refuse("bbox-crs", _("hanya berlaku bersama bbox."))


def normalised(args: MultiDict[str, str]) -> dict[str, str]:
    """The parameters as pygeoapi reads them: a plus that became a space, and 010 for 10."""
    found = args.to_dict()
    found |= {name: str(int(found[name])) for name in ("limit", "offset") if name in found}
    found |= {name: canonical(found[name]) for name in CRS_PARAMETERS if name in found}
    if "sortby" in found:
        found["sortby"] = ",".join(part.strip() for part in found["sortby"].split(","))
    return found


def _whole(name: str, text: str, *, least: int) -> None:
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) >= least):
        raise refuse(
            name, _("berisi “%(text)s”, bukan bilangan bulat mulai dari %(least)s.", text=text[:40], least=least)
        )


def _check_box(name: str, text: str, uri: str) -> None:
    """In the axes of its system; only longitude may run on over the antimeridian."""
    own = system(uri)
    try:
        edges = [float(part) for part in text.split(",")]
    except ValueError:
        edges = []
    sides = zip(own.axes, edges, edges[len(edges) // 2 :], strict=False)
    falls = any(low > high and not (own.geographic and axis == "east") for axis, low, high in sides)
    if len(edges) not in (4, 6) or not all(map(isfinite, edges)) or falls:
        order = ",".join(ENDS.get(axis, (axis, axis))[end] for end in (0, 1) for axis in own.axes)
        unit = "derajat, misalnya 109.6,-6.95,109.8,-6.8" if uri == CRS84 else f"satuan {uri}"
        raise refuse(name, f"berisi “{text[:60]}”, bukan kotak.", f"Tulis {order} dalam {unit}.")


def _one_of(name: str, text: str, *, choices: Collection[str]) -> None:
    if text not in choices:
        mend = _("Yang didukung: %(names)s.", names=", ".join(choices))
        raise refuse(name, _("berisi “%(text)s”, yang tidak didukung.", text=text[:80]), mend)


def _check_fields(name: str, text: str, fields: Mapping[str, FieldType]) -> None:
    for part in text.split(","):
        field = part.lstrip("+-") if name == "sortby" else part
        if field.strip() not in fields:
            mend = _("Kolom: %(names)s.", names=", ".join(fields))
            raise refuse(name, _("menyebut kolom “%(field)s”, yang tidak ada.", field=field[:60]), mend)


CHECKS: dict[str, Callable[[str, str], object]] = {
    "limit": partial(_whole, least=1),
    "offset": partial(_whole, least=0),
    "release": partial(_whole, least=1),
    "datetime": lambda _name, text: period_of(text),
    "filter-lang": partial(_one_of, choices=LANGUAGES),
    "resulttype": partial(_one_of, choices=("results", "hits")),
    "skipGeometry": partial(_one_of, choices=("true", "false")),
    "profile": partial(_one_of, choices=("geojson",)),
}
