"""A statistical table as a map: one feature for each area and period, categories as columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from workflow.area_codes import digits, looks_like_a_code
from workflow.labels import WITHOUT_MAP
from workflow.layer import Field, FieldType, Layer
from workflow.names import LONGEST, distinct, plain
from workflow.periods import interval

CATEGORY_NAMES = frozenset({"semester", "triwulan", "bulan", "minggu", "kelas", "kelompok"})
PERIOD_NAMES = ("periode", "tahun", "tahun_data", "tahun_ajaran", "tanggal", "tgl", "bulan", "semester")
TOTAL_WORDS = frozenset({"total", "jumlah", "semua", "l_p", "lp", "laki_laki_perempuan", "laki_laki_dan_perempuan"})
COUNT_UNITS = frozenset({"jiwa", "orang", "unit", "kk", "keluarga", "kejadian", "buah", "ekor", "rumah"})
MOST_COLUMNS = 200
AREA_AND_PERIOD = Field("kode_periode", FieldType.STRING, title="Kode wilayah dan periode")
AREA_NAME = Field("nama_wilayah", FieldType.STRING, title="Nama wilayah")

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
    finest, found = 0, None
    for entry in layer.fields:
        if entry.type is FieldType.STRING or (entry.type is FieldType.INTEGER and "kode" in entry.name):
            cells = _distinct(layer, entry.name)
            lengths = [len(digits(cell)) for cell in cells if looks_like_a_code(cell)]
            if lengths and len(lengths) >= 0.8 * len(cells) and max(lengths) > finest:
                finest, found = max(lengths), entry.name
    return found


def period_field(layer: Layer) -> str | None:
    """The column named like a period whose cells all mean one."""
    for name in PERIOD_NAMES:
        cells = _distinct(layer, name) if name in layer.columns.column_names else []
        if cells and all(map(interval, cells)):
            return name
    return None


def as_map(layer: Layer, code_field: str, period_field: str | None, boundary: Boundary) -> Layer | str:
    """The layer of `{id}-peta`, or the reason why there is none.

    Every area of the boundary stands in every period of the table; where the table says nothing the columns are
    empty. Rows whose code the boundary does not have (a city's total, say) stay in the table alone: their codes are
    in `reading["codes_left_out"]`.
    """
    codes = layer.columns[code_field].to_pylist()
    areas = [boundary.position(code) for code in codes]
    if all(area is None for area in areas):
        return WITHOUT_MAP["no_area"].format(boundary=boundary.dataset)
    periods = layer.columns[period_field].to_pylist() if period_field else [None] * len(layer)
    in_order = sorted(set(periods), key=lambda period: (period is None, str(period)))
    grid = [(area, period) for period in in_order for area in range(len(boundary.codes))]
    places = [None if area is None else (area, period) for area, period in zip(areas, periods, strict=True)]
    spread = _spread(layer, places, grid, {code_field, period_field})
    if isinstance(spread, str):
        return spread
    keys = ["_".join(str(part) for part in (boundary.codes[at], period) if part is not None) for at, period in grid]
    code = replace(layer.field(code_field), type=FieldType.STRING, codes=())
    own = [
        (AREA_AND_PERIOD, pa.array(keys)),
        (code, pa.array([boundary.codes[at] for at, _ in grid])),
        (AREA_NAME, pa.array([boundary.names[at] for at, _ in grid])),
    ]
    if period_field:
        when = pa.array([period for _, period in grid], layer.columns[period_field].type)
        own.append((layer.field(period_field), when))
    columns = [*own, *spread]
    names = distinct(field.name for field, _ in columns)
    fields = tuple(replace(field, name=name) for (field, _), name in zip(columns, names, strict=True))
    return Layer(
        name=f"{layer.name}-peta",
        fields=fields,
        columns=pa.table([cells for _, cells in columns], names=names),
        rows=np.arange(1, len(grid) + 1, dtype=np.int64),
        geometry=boundary.geometries[[area for area, _ in grid]],
        source_crs="OGC:CRS84",
        key=fields[0].name,
        reading={
            "code": fields[1].name,
            "period_column": period_field,
            "codes_left_out": sorted({str(code) for code, area in zip(codes, areas, strict=True) if area is None}),
        },
    )


def _spread(
    layer: Layer, places: Sequence[Place | None], grid: Sequence[Place], taken: set[str | None]
) -> list[tuple[Field, pa.Array]] | str:
    """Facts of an area and its measures, one column for each category; or why that cannot be."""
    rest = [entry for entry in layer.fields if entry.name not in taken]
    measures = [entry for entry in rest if is_measure(entry)]
    if not measures:
        return WITHOUT_MAP["no_measure"]
    cells = {entry.name: layer.columns[entry.name].to_pylist() for entry in rest}
    facts = [entry for entry in rest if entry not in measures]
    filled = [place for place in places if place]
    repeated = len(filled) > len(set(filled))
    varying = [entry for entry in facts if repeated and _varies(places, cells[entry.name])]
    first: dict[Place, int] = {}
    rows: dict[Category, dict[Place, int]] = {}
    for row, place in enumerate(places):
        if place:
            category = tuple(cells[entry.name][row] for entry in varying)
            before = rows.setdefault(category, {}).setdefault(place, row)
            if before != row:
                return WITHOUT_MAP["repeated"].format(row=layer.rows[row], first=layer.rows[before])
            first.setdefault(place, row)
    if len(rows) * len(measures) > MOST_COLUMNS:
        return WITHOUT_MAP["too_many"].format(count=len(rows) * len(measures), most=MOST_COLUMNS)

    def column(source: Field, rows: Mapping[Place, int]) -> pa.Array:
        found = [cells[source.name][rows[place]] if place in rows else None for place in grid]
        return pa.array(found, layer.columns[source.name].type)

    spread = [(entry, column(entry, first)) for entry in facts if entry not in varying]
    for measure in measures:
        parts = [column(measure, of_category) for of_category in rows.values()]
        if varying and _adds_up(measure, rows):
            # A sum of some is null: it is not the total.
            said = (
                f"{measure.definition} Dijumlahkan dari semua kategori; kosong bila ada kategori yang kosong.".strip()
            )
            spread.append((replace(measure, definition=said), reduce(pc.add_checked, parts)))
        spread += zip((_of_category(measure, category) for category in rows), parts, strict=True)
    return spread


def _of_category(measure: Field, category: Category) -> Field:
    if not category:
        return measure
    words = ["tidak diisi" if value is None else str(value) for value in category]
    name = "_".join([measure.name, *(plain(word) or "lain" for word in words)])[:LONGEST].rstrip("_")
    return replace(measure, name=name, title=f"{measure.title or measure.name} ({', '.join(words)})")


def _adds_up(measure: Field, categories: Iterable[Category]) -> bool:
    """Counts of things add up over categories, unless the table holds the totals itself."""
    counts = measure.name.startswith(("jumlah", "banyak", "cacah")) or measure.unit.casefold() in COUNT_UNITS
    words = {plain(str(value)) for category in categories for value in category}
    return measure.type is FieldType.INTEGER and counts and not words & TOTAL_WORDS


def is_measure(entry: Field) -> bool:
    return (
        entry.type in (FieldType.INTEGER, FieldType.NUMBER)
        and not entry.codes
        and entry.name not in CATEGORY_NAMES
        and not entry.name.startswith(("kode", "no_", "id_"))
    )


def _varies(places: Sequence[Place | None], cells: Sequence[Any]) -> bool:
    seen: dict[Place, Any] = {}
    return any(place and seen.setdefault(place, cell) != cell for place, cell in zip(places, cells, strict=True))


def _distinct(layer: Layer, name: str) -> list[Any]:
    cells: list[Any] = layer.columns[name].drop_null().unique().to_pylist()
    return cells
