"""The columns of a layer, as checks look at them."""

import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from workflow.checks.claims import Context
from workflow.layer import Field, Layer
from workflow.statistics import COUNT_UNITS, TOTAL_WORDS, is_measure, period_field


def plain(field: Field) -> str:
    """The name that the file's maker knows."""
    return field.label or field.name


def words(field: Field) -> frozenset[str]:
    """The words of its name: {"jml", "pddk"} of JML_PDDK."""
    return frozenset(re.split(r"[\W_]+", plain(field).casefold())) | frozenset(field.name.split("_"))


def subject(layer: Layer, context: Context, *, columns: bool = True) -> str:
    """What it is about: the words of its name, its title and its columns, with blanks between."""
    said = " ".join(
        [layer.name, str(context.metadata.get("title") or ""), *map(plain, layer.fields if columns else ())]
    )
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", said)).casefold()


def find(layer: Layer, name: object) -> Field | None:
    """By its own name or by the file's, whatever the case."""
    wanted = str(name or "").casefold()
    return next((field for field in layer.fields if wanted in (field.name.casefold(), plain(field).casefold())), None)


def is_text(layer: Layer, field: Field) -> bool:
    kind = layer.columns[field.name].type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def texts(layer: Layer, field: Field) -> list[str]:
    """Each cell as text without outer blanks, "" for null; a whole number without ".0"."""
    values = layer.columns[field.name]
    if pa.types.is_floating(values.type):
        return ["" if v is None or v != v else str(int(v)) if v.is_integer() else str(v) for v in values.to_pylist()]
    if pa.types.is_string(values.type):
        return list(pc.utf8_trim_whitespace(pc.fill_null(values, "")).to_pylist())
    return ["" if v is None else str(v).strip() for v in values.to_pylist()]


NO_MEASURE = frozenset(
    ["id", "no", "nomor", "kode", "fid", "objectid", "gid", "rt", "rw", "lat", "lon", "lintang", "bujur"]
)


def is_count(field: Field) -> bool:
    return field.unit.casefold() in COUNT_UNITS or bool(words(field) & {"jumlah", "jml", "banyak", "cacah"})


def measures(layer: Layer) -> list[Field]:
    """Columns of figures that can be summed or compared."""
    period = period_field(layer)
    every = (field for field in layer.fields if is_measure(field) and field.name != period)
    return [field for field in every if not words(field) & NO_MEASURE]


def numbers(layer: Layer, field: Field) -> NDArray[np.float64]:
    """NaN for null."""
    found: NDArray[np.float64] = pc.cast(layer.columns[field.name], pa.float64()).to_numpy()
    return found


def written(value: float) -> str:
    """As a cell holds it: never with an exponent, whole numbers without a sign for decimals."""
    return str(int(value)) if float(value).is_integer() else f"{value:.6f}".rstrip("0").rstrip(".")


def groups(layer: Layer, names: Iterable[str]) -> NDArray[np.int64]:
    """Of each row a number; rows that say the same in these columns have the same one."""
    found = np.zeros(len(layer), dtype=np.int64)
    for name in names:
        codes = pc.fill_null(layer.columns[name].combine_chunks().dictionary_encode().indices, -1).to_numpy() + 1
        found = np.unique(found * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)[1]
    return found


_TOTAL = "|".join(word.replace("_", r"[\W_]+") for word in TOTAL_WORDS)


def totals(layer: Layer, field: Field) -> NDArray[np.int64]:
    """Positions of the rows that a column of text says to be totals."""
    said = pc.match_substring_regex(layer.columns[field.name], rf"(?i)^[\W_]*(?:{_TOTAL})[\W_]*$")
    found: NDArray[np.int64] = pc.indices_nonzero(pc.fill_null(said, False)).to_numpy().astype(np.int64)
    return found
