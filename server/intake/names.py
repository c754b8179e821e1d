"""Field names that are safe in SQL, in addresses and in every format we write."""

import re
from collections.abc import Sequence

from workflow.names import LONGEST, distinct, plain

_COLUMNS_OF_STORES = "fid ogc_fid geom geometry the_geom wkb_geometry rowid oid ctid xmin xmax cmin cmax tableoid"
_PARAMETERS_OF_THE_API = (
    "bbox bbox_crs crs datetime f filter filter_crs filter_lang lang limit offset profile properties q release"
    " resulttype skipgeometry sortby startindex type"
)
_WORDS_OF_SQL = (
    "all alter and any as asc between by case cast check column constraint create cross current_date default delete"
    " desc distinct do drop else end except exists false for foreign from full grant group having in inner insert"
    " intersect into is isnull join left like natural not notnull null on or order outer primary references returning"
    " right select set some table then to true union unique update user using values view when where window with"
)
RESERVED = frozenset(" ".join((_COLUMNS_OF_STORES, _PARAMETERS_OF_THE_API, _WORDS_OF_SQL)).split())


def regenerate(labels: Sequence[str]) -> list[str]:
    """One name per label, `^[a-z][a-z0-9_]{0,49}$`, unique and not reserved."""
    return distinct(_name(label) or f"kolom_{position}" for position, label in enumerate(labels, 1))


def _name(label: str) -> str:
    """Of a header over several rows ("Jumlah / Laki-laki") as many of the lowest ones as fit."""
    while len(label) > LONGEST and " / " in label:
        label = label.partition(" / ")[2]
    name = plain(label)
    if name[:1].isdigit():
        name = f"k_{name}"
    return f"{name}_" if name in RESERVED else name[:LONGEST].rstrip("_")


def renamed(labels: Sequence[str], names: Sequence[str]) -> list[tuple[str, str]]:
    """Those whose name is more than the label in lower case with blanks, dots, dashes and brackets as underscores."""
    expected = [re.sub(r"[\s_.,:%/()-]+", "_", label.lower()).strip("_") for label in labels]
    return [(labels[at], name) for at, name in enumerate(names) if name != expected[at]]
