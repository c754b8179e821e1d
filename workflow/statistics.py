"""A statistical table as a map: one feature for each area and period, categories as columns."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from workflow.area_codes import digits, looks_like_a_code
from workflow.labels import WITHOUT_MAP
from workflow.layer import Field, FieldType, Layer
from workflow.periods import interval

CATEGORY_NAMES = frozenset({"semester", "triwulan", "bulan", "minggu", "kelas", "kelompok"})
PERIOD_NAMES = ("periode", "tahun", "tahun_data", "tahun_ajaran", "tanggal", "tgl", "bulan", "semester")
TOTAL_WORDS = frozenset({"total", "jumlah", "semua", "l_p", "lp", "laki_laki_perempuan", "laki_laki_dan_perempuan"})
COUNT_UNITS = frozenset({"jiwa", "orang", "unit", "kk", "keluarga", "kejadian", "buah", "ekor", "rumah"})
MOST_COLUMNS = 200

Place = tuple[int, Any]
Category = tuple[Any, ...]


@dataclass(frozen=True)
class Boundary:
    """A published boundary. `aliases` leads from other codes of an area (digits only) to its place in `codes`.

    `geometries` are in CRS84.
    """

    dataset: str
    number: int
    content_hash: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    geometries: NDArray[np.object_]
    aliases: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {**self.aliases, **{digits(code): at for at, code in enumerate(self.codes)}}

    def position(self, code: object) -> int | None:
        """Whichever way the code is written; None where the boundary has no such area."""
        return None if code is None else self._positions.get(digits(code))


def area_code_field(layer: Layer) -> str | None:
    """The column whose cells are codes of areas, the finest where there are several.

    A number is a code only where its column says so; a few cells may be something else (a city's total).
    """
    found = []
    for at, entry in enumerate(layer.fields):
        if entry.type is FieldType.STRING or (entry.type is FieldType.INTEGER and "kode" in entry.name):
            cells = _cells(layer, entry.name)
            lengths = [len(digits(cell)) for cell in cells if looks_like_a_code(cell)]
            if lengths and len(lengths) >= 0.8 * len(cells):
                found.append((max(lengths), -at, entry.name))
    return max(found)[2] if found else None


def period_field(layer: Layer) -> str | None:
    """The column named like a period whose cells all mean one."""
    names = {entry.name for entry in layer.fields}
    for name in PERIOD_NAMES:
        if name in names and (cells := _cells(layer, name)) and all(interval(cell) for cell in cells):
            return name
    return None


def as_map(layer: Layer, code_field: str, period_field: str | None, boundary: Boundary) -> Layer | str:
    """The layer of `{id}-peta`, or the reason why there is none.

    Every area of the boundary stands in every period of the table; where the table says nothing the columns are
    empty. Rows whose code the boundary does not have (a city's total, say) stay in the table alone: their codes are
    in `reading["codes_left_out"]`.
    """
    codes = layer.columns.column(code_field).to_pylist()
    areas = [boundary.position(code) for code in codes]
    if all(area is None for area in areas):
        return WITHOUT_MAP["no_area"].format(boundary=boundary.dataset)
    periods = _column(layer, period_field) if period_field else [None] * len(layer)
    places = [None if area is None else (area, period) for area, period in zip(areas, periods, strict=True)]
    spread = _spread(layer, places, {code_field, period_field})
    if isinstance(spread, str):
        return spread
    grid = [
        (area, period)
        for period in sorted(set(periods), key=lambda period: (period is None, str(period)))
        for area in range(len(boundary.codes))
    ]
    own = _own_columns(layer, code_field, period_field, boundary, grid)
    columns = _unique_names([*own, *spread])
    return Layer(
        name=f"{layer.name}-peta",
        fields=tuple(column.field for column in columns),
        columns=pa.table(
            [pa.array([column.value(place) for place in grid], column.type) for column in columns],
            names=[column.field.name for column in columns],
        ),
        rows=np.arange(1, len(grid) + 1, dtype=np.int64),
        geometry=boundary.geometries[[area for area, _ in grid]],
        source_crs="OGC:CRS84",
        key=columns[0].field.name,
        reading={
            "code": columns[1].field.name,
            "period_column": period_field,
            "codes_left_out": sorted({str(code) for code, area in zip(codes, areas, strict=True) if area is None}),
        },
    )


@dataclass(frozen=True)
class _Column:
    field: Field
    type: pa.DataType
    value: Callable[[Place], Any]


def _own_columns(
    layer: Layer, code_field: str, period_field: str | None, boundary: Boundary, grid: Sequence[Place]
) -> list[_Column]:
    """Key, code, name and period of each area."""
    text = pa.string()
    columns = [
        _Column(
            Field("kode_periode", FieldType.STRING, title="Kode wilayah dan periode"),
            text,
            lambda place: "_".join(str(part) for part in (boundary.codes[place[0]], place[1]) if part is not None),
        ),
        _Column(
            replace(layer.field(code_field), type=FieldType.STRING, codes=()),
            text,
            lambda place: boundary.codes[place[0]],
        ),
        _Column(
            Field("nama_wilayah", FieldType.STRING, title="Nama wilayah"), text, lambda place: boundary.names[place[0]]
        ),
    ]
    if period_field:
        type = layer.columns.schema.field(period_field).type
        columns.append(_Column(layer.field(period_field), type, lambda place: place[1]))
    return columns


def _spread(layer: Layer, places: Sequence[Place | None], taken: set[str | None]) -> list[_Column] | str:
    """Facts of an area and its measures, one column for each category; or why that cannot be."""
    rest = [entry for entry in layer.fields if entry.name not in taken]
    measures = [entry for entry in rest if _is_measure(entry)]
    if not measures:
        return WITHOUT_MAP["no_measure"]
    cells = {entry.name: _column(layer, entry.name) for entry in rest}
    others = [entry for entry in rest if entry not in measures]
    repeated = len([place for place in places if place]) > len({place for place in places if place})
    varying = [entry for entry in others if repeated and _varies(places, cells[entry.name])]
    rows: dict[tuple[Place, Category], int] = {}
    for row, place in enumerate(places):
        category = tuple(cells[entry.name][row] for entry in varying)
        if place is None:
            continue
        if (place, category) in rows:
            return WITHOUT_MAP["repeated"].format(row=layer.rows[row], first=layer.rows[rows[place, category]])
        rows[place, category] = row
    categories = list(dict.fromkeys(category for _, category in rows))
    if len(categories) * len(measures) > MOST_COLUMNS:
        return WITHOUT_MAP["too_many"].format(count=len(categories) * len(measures), most=MOST_COLUMNS)
    first = {place: row for (place, _), row in reversed(rows.items())}
    facts = [_fact(layer, entry, first, cells[entry.name]) for entry in others if entry not in varying]
    return [*facts, *_measures(layer, measures, varying, categories, rows, cells)]


def _fact(layer: Layer, entry: Field, first: Mapping[Place, int], cells: Sequence[Any]) -> _Column:
    return _Column(
        entry,
        layer.columns.schema.field(entry.name).type,
        lambda place: cells[first[place]] if place in first else None,
    )


def _measures(
    layer: Layer,
    measures: Iterable[Field],
    varying: Sequence[Field],
    categories: Sequence[Category],
    rows: Mapping[tuple[Place, Category], int],
    cells: Mapping[str, Sequence[Any]],
) -> list[_Column]:
    columns = []
    for measure in measures:
        type = layer.columns.schema.field(measure.name).type
        values = {at: cells[measure.name][row] for at, row in rows.items()}
        if varying and _adds_up(measure, categories):
            columns.append(_Column(_total(measure), type, partial(_sum, values, categories)))
        columns += [
            _Column(_of_category(measure, category), type, partial(_value, values, category)) for category in categories
        ]
    return columns


def _value(values: Mapping[tuple[Place, Category], Any], category: Category, place: Place) -> Any:
    return values.get((place, category))


def _sum(values: Mapping[tuple[Place, Category], Any], categories: Sequence[Category], place: Place) -> Any:
    """Nothing where a category is missing: a sum of some is not the total."""
    parts = [values.get((place, category)) for category in categories]
    return None if any(part is None for part in parts) else sum(parts)


def _total(measure: Field) -> Field:
    note = "Dijumlahkan dari semua kategori; kosong bila ada kategori yang kosong."
    return replace(measure, definition=" ".join(filter(None, (measure.definition, note))))


def _of_category(measure: Field, category: Category) -> Field:
    if not category:
        return measure
    words = ["tidak diisi" if value is None else str(value) for value in category]
    name = "_".join([measure.name, *(_slug(word) for word in words)])[:50].rstrip("_")
    return replace(measure, name=name, title=f"{measure.title or measure.name} ({', '.join(words)})")


def _adds_up(measure: Field, categories: Iterable[Category]) -> bool:
    """Counts of things add up over categories, unless the table holds the totals itself."""
    counts = measure.name.startswith(("jumlah", "banyak", "cacah")) or measure.unit.casefold() in COUNT_UNITS
    words = {_slug(str(value)) for category in categories for value in category}
    return measure.type is FieldType.INTEGER and counts and not words & TOTAL_WORDS


def _is_measure(entry: Field) -> bool:
    return (
        entry.type in (FieldType.INTEGER, FieldType.NUMBER)
        and not entry.codes
        and entry.name not in CATEGORY_NAMES
        and not entry.name.startswith(("kode", "no_", "id_"))
    )


def _varies(places: Sequence[Place | None], cells: Sequence[Any]) -> bool:
    seen: dict[Place, Any] = {}
    return any(
        place is not None and seen.setdefault(place, cell) != cell for place, cell in zip(places, cells, strict=True)
    )


def _unique_names(columns: Sequence[_Column]) -> list[_Column]:
    taken: set[str] = set()
    unique = []
    for column in columns:
        name, number = column.field.name, 2
        while name in taken:
            name, number = f"{column.field.name[:46]}_{number}", number + 1
        taken.add(name)
        unique.append(replace(column, field=replace(column.field, name=name)))
    return unique


def _slug(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "lain"


def _column(layer: Layer, name: str) -> list[Any]:
    cells: list[Any] = layer.columns.column(name).to_pylist()
    return cells


def _cells(layer: Layer, name: str) -> list[Any]:
    return [cell for cell in layer.columns.column(name).unique().to_pylist() if cell is not None]
