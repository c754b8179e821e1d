"""Each check: a tiny layer that fails it, and one that just passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from math import inf, nan

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.layers import (
    IN_JAKARTA,
    IN_THE_CITY,
    KELURAHAN,
    MAP,
    METADATA,
    STATISTICS,
    every_kelurahan,
    layer,
    points,
)
from workflow.checks import CHECKS, MOST, Context, missing_metadata, principle_of, run_checks, standar_data
from workflow.checks.claims import Other
from workflow.checks.standar_data import pattern_fault
from workflow.findings import Finding, Principle, Severity
from workflow.labels import sentence
from workflow.layer import Field, FieldType, Layer
from workflow.sop import Kind
from workflow.statistics import Boundary

Case = tuple[Layer, Context]

BOW_TIE = shapely.Polygon([(109.67, -6.89), (109.68, -6.88), (109.68, -6.89), (109.67, -6.88)])
SQUARE = shapely.box(109.67, -6.89, 109.68, -6.88)
LINE = shapely.LineString([(109.67, -6.89), (109.68, -6.88)])
NAN_POINT = shapely.Point(nan, -6.9)
A_NIK, A_WOMANS_NIK, NO_NIK = "3375011712880003", "3375015712880003", "3375014513880003"


def map_of(*geometry: object, columns: dict[str, list] | None = None, **more: object) -> Case:
    return layer(columns, geometry, **more), MAP  # type: ignore[arg-type]


def table(**columns: list) -> Case:
    return layer(columns), STATISTICS


def without(name: str) -> Case:
    return layer({"a": [1]}), replace(STATISTICS, metadata={k: v for k, v in METADATA.items() if k != name})


def full(**columns: list) -> Case:
    return table(**every_kelurahan(**columns))


def swapped(code: int, name: str) -> Case:
    return table(kode=[code], kecamatan=[name])


METRE = 1 / 110_600
"""In degrees, here."""
WEST, EAST = shapely.box(109.67, -6.89, 109.675, -6.88), shapely.box(109.675, -6.89, 109.68, -6.88)
ROAD = shapely.LineString([(109.67, -6.885), (109.68, -6.885)])
HECTARES = 61.12
"""Of WEST."""


def shifted(metres: float) -> shapely.Polygon:
    return shapely.transform(EAST, lambda xy: xy + np.array([metres * METRE, 0]))


def street(gap: float) -> shapely.LineString:
    """Ends this many metres before ROAD."""
    return shapely.LineString([(109.675, -6.88), (109.675, -6.885 + gap * METRE)])


def around(width: float) -> Case:
    """Four areas about a hole of this width in metres, 50 metres long."""
    x, y, w, h = 109.67, -6.88, width * METRE, 50 * METRE
    left, right = shapely.box(x - h, y - h, x, y + 2 * h), shapely.box(x + w, y - h, x + w + h, y + 2 * h)
    return map_of(left, right, shapely.box(x, y - h, x + w, y), shapely.box(x, y + h, x + w, y + 2 * h))


def years(name: str = "jumlah", **figures: list) -> Case:
    """Six kelurahan; each list holds the figures of one year."""
    codes = [area.kemendagri for area in KELURAHAN[:6]]
    rows = [(area, year, value) for year, values in figures.items() for area, value in zip(codes, values, strict=True)]
    areas, when, values = zip(*rows, strict=True)
    return table(kode_kelurahan=list(areas), tahun=[int(year[1:]) for year in when], **{name: list(values)})


def parts(total: int) -> Case:
    """A kecamatan and its kelurahan, ten in each."""
    parent = KELURAHAN[0].parent
    below = [area.kemendagri for area in KELURAHAN if area.parent == parent]
    return table(kode=[parent, *below], jumlah=[total, *[10] * len(below)])


BELOW = sum(area.parent == KELURAHAN[0].parent for area in KELURAHAN)


def papers(period: int) -> Case:
    said = {**METADATA, "berita_acara": {"number": "1", "date": "2026-03-12"}}
    return layer({"tahun": [2025, period], "jumlah": [1, 2]}), replace(STATISTICS, metadata=said)


def coded(which: int) -> Case:
    """A point in the west of two areas that bear the codes of the first two kelurahan."""
    two = KELURAHAN[:2]
    shapes = np.array([WEST, EAST], dtype=object)
    codes, names = tuple(area.kemendagri for area in two), tuple(area.name for area in two)
    boundary = Boundary("batas", 1, "0" * 64, codes, names, shapes)
    one = layer({"kode_kelurahan": [codes[which]]}, [shapely.Point(109.672, -6.885)])
    return one, replace(MAP, boundary=boundary)


def with_luas(hectares: float) -> Case:
    return map_of(WEST, columns={"luas_ha": [hectares]})


def beside(metres: float) -> shapely.LineString:
    """Runs this far north of ROAD, and ends before it does."""
    return shapely.LineString([(109.671, -6.885 + metres * METRE), (109.679, -6.885 + metres * METRE)])


def line(*metres: float) -> shapely.LineString:
    """To the north, with vertices this far from its start."""
    return shapely.LineString([(109.67, -6.89 + at * METRE) for at in metres])


def horned(width: float) -> shapely.Polygon:
    """A square with a horn to the north, 50 metres long and this wide at its foot."""
    x, y = 109.675, -6.88
    corners = [(109.67, -6.89), (109.68, -6.89), (109.68, y), (x + width * METRE, y), (x, y + 50 * METRE), (x, y)]
    return shapely.Polygon([*corners, (109.67, y)])


def crossing(node: bool) -> Case:
    """A street across ROAD, with a vertex of both where they cross or without."""
    middle = [(109.675, -6.885)] if node else []
    roads = [shapely.LineString([a, *middle, b]) for a, b in (ROAD.coords, [(109.675, -6.88), (109.675, -6.89)])]
    return map_of(*roads, columns={"nama_jalan": ["a", "b"]})


def drains(turned: int) -> Case:
    """Twelve of them, one after the other to the north, of which one is drawn the other way."""
    lines = [line(50 * at, 50 * at + 50) for at in range(12)]
    lines[turned] = lines[turned].reverse()
    return map_of(*lines, columns={"drainase": ["x"] * 12})


def named(name: str, *geometry: object) -> Case:
    one, context = map_of(*geometry)
    return replace(one, name=name), context


def published(*geometry: object, **more: object) -> Case:
    """Where WEST and EAST are the boundary."""
    boundary = Boundary("batas", 1, "0" * 64, ("1", "2"), ("Barat", "Timur"), np.array([WEST, EAST], dtype=object))
    one, context = map_of(*geometry, **more)
    return one, replace(context, boundary=boundary)


def flooded(*geometry: object, title: str = "Genangan Rob", period: str = "2025", **columns: list) -> Case:
    one, context = map_of(*geometry or (WEST, EAST), columns=columns or None)
    return one, replace(context, metadata={**METADATA, "title": title, "period": period})


def with_panjang(share: float) -> Case:
    return map_of(ROAD, columns={"panjang_km": [1.1053 * share]})


def said(columns: dict[str, list] | None = None, **facts: object) -> Case:
    """With this in the metadata."""
    return layer(columns or {"a": [1]}), replace(STATISTICS, metadata={**METADATA, **facts})


def ruled(value: float, **rule: object) -> Case:
    return said({"jumlah": [3, value]}, fields=[{"name": "jumlah", **rule}])


def listed(value: str) -> Case:
    """A column whose dictionary has a list of codes."""
    one = layer({"jenjang": ["SD", value]})
    return replace(one, fields=(replace(one.fields[0], codes=("SD", "SMP", "SMA")),)), STATISTICS


def dated(day: str) -> Case:
    days = pa.array([date(2026, 1, 5), date.fromisoformat(day)])
    one = layer({"tgl_kejadian": ["", ""]})
    one = replace(one, columns=pa.table({"tgl_kejadian": days}), fields=(Field("tgl_kejadian", FieldType.DATE),))
    return one, replace(STATISTICS, metadata={**METADATA, "berita_acara": {"number": "1", "date": "2026-03-12"}})


def before(columns: dict[str, list], **now: list) -> Case:
    """What is published, and what would be now."""
    return layer(now), replace(STATISTICS, previous=pa.table(columns))


def beside_people(jumlah: int, **columns: list) -> Case:
    """A count of 2024, where the published population of that kelurahan is 8,600."""
    area = KELURAHAN[0].kemendagri
    living = layer({"kode": [area, area], "tahun": [2024] * 2, "jk": ["L", "P"], "jumlah": [4300, 4300]})
    said = {**METADATA, "kind": "statistics", "title": "Jumlah Penduduk"}
    context = replace(STATISTICS, others=(Other("Jumlah Penduduk", "Dindukcapil", said, living),))
    return layer({"kode": [area], "tahun": [2024], "jumlah_lansia_orang": [jumlah]}), context


def again(concept: str) -> Case:
    """What another agency has published of this concept, area and period."""
    columns = {"kode": [KELURAHAN[0].kemendagri], "tahun": [2024], "jumlah": [5]}
    said = {**METADATA, "kind": "statistics", "concept": concept}
    return layer(columns), replace(STATISTICS, others=(Other("Penduduk", "BPS", said, layer(columns)),))


def patients(alike: int) -> Case:
    """So many girls of seven with dengue in Tirto, one row for each, among ten boys of Medono."""
    kelurahan, sex = ["Tirto"] * alike + ["Medono"] * 10, ["P"] * alike + ["L"] * 10
    return table(kelurahan=kelurahan, umur=[7] * len(sex), jk=sex, penyakit=["DBD"] * len(sex))


def victims(*counts: int) -> Case:
    return table(kelurahan=["Medono", "Tirto", "Krapyak"][: len(counts)], jumlah_korban_kekerasan=list(counts))


FIVE = [area.kemendagri for area in KELURAHAN[:5]]
FIGURES = [120, 340, 560, 780, 910]
PUBLISHED = {"kode_kelurahan": FIVE, "tahun": [2024] * 5, "jumlah": FIGURES}
LONG = [float(value) for value in range(100, 160)]
NOT_ROUND = [value * 7 + 101 for value in range(40)]
YEAR_2024 = {"tahun": [2024, 2024], "jumlah": [1, 2]}

STEADY = [100, 210, 320, 430, 540, 650]
GROWN = [104, 220, 330, 445, 560, 672]

# code: (fails, just passes)
CASES: dict[str, tuple[Case, Case]] = {
    "SUM_OF_PARTS": (
        table(sd=[1, 2, 3, 4, 5], smp=[1, 1, 1, 1, 1], sma=[2, 2, 2, 2, 2], total=[4, 5, 6, 7, 9]),
        table(sd=[1, 2, 3, 4, 5], smp=[1, 1, 1, 1, 1], sma=[2, 2, 2, 2, 2], total=[4, 5, 6, 7, 8]),
    ),
    "SUM_OF_CATEGORIES": (
        table(
            tahun=[y for y in range(2020, 2025) for _ in "ab+"], jk=["L", "P", "Total"] * 5, n=[1, 2, 3] * 4 + [1, 2, 4]
        ),
        table(tahun=[y for y in range(2020, 2025) for _ in "ab+"], jk=["L", "P", "Total"] * 5, n=[1, 2, 3] * 5),
    ),
    "PERCENT_SUM": (
        table(a_persen=[50.0] * 5, b_persen=[30.0] * 5, c_persen=[20.0] * 4 + [15.0]),
        table(a_persen=[50.0] * 5, b_persen=[30.0] * 5, c_persen=[20.0] * 4 + [20.9]),
    ),
    "RATIO_DIFFERS": (
        table(stunting=[1, 2, 3, 4, 5], ditimbang=[10] * 5, persen=[10.0, 20.0, 30.0, 40.0, 55.0]),
        table(stunting=[1, 2, 3, 4, 5], ditimbang=[10] * 5, persen=[10.0, 20.0, 30.0, 40.0, 50.5]),
    ),
    "OUTLIER": (table(jumlah=[*LONG, 200_000.0]), table(jumlah=[*LONG, 2_000.0])),
    "DIGITS_ROUND": (table(jumlah=[value * 5 + 100 for value in range(40)]), table(jumlah=NOT_ROUND)),
    "CONSTANT": (table(unit=[3] * 10, jiwa=[*range(10)]), table(unit=[3] * 9 + [4], jiwa=[*range(10)])),
    "AREA_EXCEEDED": (
        table(kode=[KELURAHAN[0].kemendagri], luas_ha=[131.0]),
        table(kode=[KELURAHAN[0].kemendagri], luas_ha=[129.0]),
    ),
    "RULE_BROKEN": (ruled(11, minimum=0, maximum=10), ruled(10, minimum=0, maximum="10")),
    "CELLS_EMPTY": (table(ket=["a", "b", "c", "d", " "]), table(ket=["a", "b", "c", "d", "e", ""])),
    "DATE_AS_TEXT": (table(tgl=["17/03/2026", "05/04/2026"]), table(tgl=["2026-03-17", "2026-04-05"])),
    "DATE_FUTURE": (dated("2026-03-13"), dated("2026-03-12")),
    "RELEASE_ROWS": (before(PUBLISHED, kode_kelurahan=FIVE[:4]), before(PUBLISHED, kode_kelurahan=FIVE)),
    "RELEASE_UNIT": (
        before(PUBLISHED, kode_kelurahan=FIVE, tahun=[2025] * 5, jumlah=[value * 1000 + 7 for value in FIGURES]),
        before(PUBLISHED, kode_kelurahan=FIVE, tahun=[2025] * 5, jumlah=[value * 5 for value in FIGURES]),
    ),
    "RELEASE_COPIED": (
        before(PUBLISHED, kode_kelurahan=FIVE, tahun=[2025] * 5, jumlah=FIGURES),
        before(PUBLISHED, kode_kelurahan=FIVE, tahun=[2025] * 5, jumlah=[*FIGURES[:4], 911]),
    ),
    "CONTENT_TWICE": ((layer({"a": [1]}), replace(STATISTICS, twins=("Jalan",))), table(a=[1])),
    "CONCEPT_TWICE": (again("Penduduk"), again("Penduduk miskin")),
    "PEOPLE_EXCEEDED": (beside_people(9040), beside_people(9020)),
    "KK": (table(no_kk=["9999999999999999"]), table(jumlah_kk=[3375011712880003])),
    "NIP": (table(KET=["19800117 200501 1 003"]), table(KET=["19801717 200501 1 003", "198001172005013003"])),
    "NPWP": (table(KET=["01.234.567.8-502.000"]), table(KET=["01.234.567.8-502.00"])),
    "BPJS": (table(no_bpjs=["0001234567890"]), table(penerima_bpjs=[1234])),
    "ACCOUNT": (table(no_rekening=["1234 5678 90"]), table(kode_rekening=["51020100"])),
    "PLATE": (table(nopol=["G 1 A"]), table(KET=["RW 12 B", "G 12 AB"])),
    "PEOPLE_LISTED": (table(nama_ibu=["Sri"]), table(nama=["SD 1"], alamat=["Jl. Mawar"])),
    "CELL_SMALL": (victims(12, 4, 7), victims(12, 5, 0)),
    "PEOPLE_RARE": (patients(4), patients(5)),
    "POINT_OF_HOME": (
        map_of(IN_THE_CITY, columns={"nama_penerima": ["x"]}),
        map_of(IN_THE_CITY, columns={"nama": ["Pos"]}),
    ),
    "ABSTRACT_SHORT": (said(abstract="a" * 79), said(abstract="a" * 80)),
    "CONTACT_FORM": (
        said(contact={"name": "S", "email": "s@kantor"}),
        said(contact={"name": "S", "email": "s@kantor.go.id"}),
    ),
    "CONCEPT_NAME": (said(concept="Jumlah Penduduk"), said(concept="Penduduk")),
    "PERIOD_DECLARED": (said(YEAR_2024, period="2025"), said(YEAR_2024, period="2020-2024")),
    "PERCENT_RANGE": (table(persen_sampah=[50.0, 100.5]), table(persen_sampah=[0.0, 100.0])),
    "COUNT_STRANGE": (table(jumlah_rumah=[4, -1]), table(jumlah_rumah=[4, 0])),
    "SUM_OF_SEXES": (
        table(laki=[10, 20], perempuan=[11, 22], jumlah=[21, 43]),
        table(laki=[10, 20], perempuan=[11, 22], jumlah=[21, 42]),
    ),
    "SUM_OF_AREAS": (parts(10 * BELOW + 1), parts(10 * BELOW)),
    "UNIT_CHANGED": (
        years(y2021=STEADY, y2022=GROWN, y2023=[104_000, *GROWN[1:]]),
        years(y2021=STEADY, y2022=GROWN, y2023=STEADY),
    ),
    "SERIES_JUMP": (
        years(y2021=STEADY, y2022=GROWN, y2023=[240, *STEADY[1:]]),
        years(y2021=STEADY, y2022=GROWN, y2023=[120, *STEADY[1:]]),
    ),
    "PERIOD_COPIED": (
        years(y2021=STEADY, y2022=GROWN, y2023=GROWN),
        years(y2021=STEADY, y2022=GROWN, y2023=[*GROWN[:5], 673]),
    ),
    "PERIOD_FUTURE": (papers(2027), papers(2026)),
    "GEOM_DUPLICATE": (map_of(WEST, EAST, WEST), map_of(WEST, EAST)),
    "GEOM_SLIVER": (
        map_of(WEST, shapely.box(109.68, -6.89, 109.68 + 0.2 * METRE, -6.88)),
        map_of(WEST, shapely.box(109.68, -6.89, 109.68 + METRE, -6.88)),
    ),
    "GEOM_OVERLAP": (map_of(WEST, shifted(-5)), map_of(WEST, shifted(0))),
    "GEOM_GAP": (around(2), around(5)),
    "LINE_DANGLE": (map_of(ROAD, street(1)), map_of(ROAD, street(0), street(3), beside(1))),
    "LINE_ZERO": (map_of(ROAD, line(0, 0.005)), map_of(ROAD, line(0, 0.02))),
    "GEOM_SPIKE": (map_of(horned(0.05)), map_of(horned(2))),
    "VERTEX_REPEATED": (map_of(line(0, 5, 5.005)), map_of(line(0, 5, 5.02))),
    "SCALE_COARSE": (map_of(line(*range(0, 30_600, 600))), map_of(line(*range(0, 24_480, 480)))),
    "LINE_CROSSED": (crossing(node=False), crossing(node=True)),
    "FLOW_AGAINST": (drains(turned=5), drains(turned=11)),
    "VERTEX_DENSE": (map_of(line(*np.arange(10_002) * 0.09)), map_of(line(*np.arange(10_002) * 0.11))),
    "LAYER_HEAVY": (map_of(line(*np.arange(100_001))), map_of(line(*np.arange(100_000)))),
    "KUGI_FORM": (map_of(ROAD, columns={"FCODE": ["ba 03-07"]}), map_of(ROAD, ROAD, columns={"FCODE": ["BA0307", ""]})),
    "KUGI_FAMILY": (
        map_of(SQUARE, LINE, columns={"FCODE": ["BA0307", "BA0307"]}),
        map_of(SQUARE, LINE, columns={"FCODE": ["BA0307", "CA0301"]}),
    ),
    "KUGI_NAME": (named("JALAN_LN_25K", LINE), named("JALAN_LN_5K", LINE)),
    "BOUNDARY_BESIDE": (published(shifted(3)), published(shifted(0.3))),
    "EVENT_DATE": (flooded(tanggal=["2025-05-26", ""]), flooded(tanggal=["2025-05-26", "26 Mei 2025"])),
    "EVENT_SOURCE": (flooded(metode=["survei", ""]), flooded(metode=["survei", "drone"])),
    "LENGTH_MEASURED": (with_panjang(1.03), with_panjang(1.01)),
    "KUGI_EMPTY": (map_of(ROAD, ROAD, columns={"FCODE": ["BA03070040", " "]}), map_of(ROAD, columns={"NAMOBJ": ["x"]})),
    "AREA_MEASURED": (with_luas(HECTARES * 1.07), with_luas(HECTARES)),
    "AREA_PLACE": (coded(1), coded(0)),
    "NUMBER_AS_TEXT": (table(JML=["12.330", "980"]), table(JML=["dua belas", "980"])),
    "NUMBER_DEVIATES": (table(JML=["12.330", "9.105", "13,016"]), table(JML=["12.330", "1,5", "13,016"])),
    "NIK": (table(KET=[f"NIK {A_WOMANS_NIK}"]), table(KET=[f"NIK {NO_NIK}"])),
    "PHONE": (table(KET=["hub. +62 812-3456-789"]), table(KET=["(0285) 421234, 33.75.08.1234"])),
    "EMAIL": (table(KET=["budi@example.test"]), table(KET=["budi @ kantor"])),
    "METADATA_MISSING": (without("unit"), without("scale")),
    "BERITA_ACARA_MISSING": ((layer({"a": [1]}), replace(STATISTICS, has_berita_acara=False)), table(a=[1])),
    "EMPTY": (table(a=[]), table(a=[None])),
    "GEOM_ABSENT": ((layer({"a": [1]}), MAP), table(a=[1])),
    "CRS_MISSING": (map_of(IN_THE_CITY, crs=None), map_of(IN_THE_CITY, crs="EPSG:32749")),
    "COORD_NONFINITE": (map_of(NAN_POINT), map_of(shapely.Point(109.67, -6.9, 3))),
    "COORD_SWAPPED": (map_of(shapely.Point(-6.8886, 109.6753)), map_of(IN_THE_CITY)),
    "ELSEWHERE": (map_of(*[IN_THE_CITY] + [IN_JAKARTA] * 10), map_of(*[IN_THE_CITY] + [IN_JAKARTA] * 9)),
    "OUTSIDE_CITY": (map_of(*[IN_THE_CITY] + [IN_JAKARTA] * 9), map_of(shapely.Point(109.68, -6.82))),
    "GEOM_INVALID": (map_of(SQUARE, BOW_TIE), map_of(SQUARE, shapely.MultiPolygon([SQUARE]), None)),
    "GEOM_MIXED": (map_of(SQUARE, LINE), map_of(LINE, shapely.MultiLineString([LINE]), None)),
    "GEOM_NULL": (map_of(SQUARE, shapely.Polygon()), map_of(SQUARE)),
    "KEY_UNKNOWN": ((layer({"a": [1]}, key="b"), STATISTICS), (layer({"A": [1]}, key="a"), STATISTICS)),
    "KEY_NULL": ((layer({"a": ["x", " "]}, key="a"), STATISTICS), (layer({"a": ["x", "0"]}, key="a"), STATISTICS)),
    "KEY_DUPLICATE": ((layer({"a": [7, 7]}, key="a"), STATISTICS), (layer({"a": ["7", "07"]}, key="a"), STATISTICS)),
    "KEY_ABSENT": (table(a=[1]), (layer({"a": [1]}), replace(STATISTICS, metadata={"key": "a"}))),
    "AREA_CODE_UNKNOWN": (table(kode=["33.75.01.1001"]), table(kode=["33.75.01.1002"])),
    "AREA_CODE_NAME": (swapped(3375030, "Kec. Pekalongan Utara"), swapped(3375040, "Kec. Pekalongan Utara")),
    "AREA_NAME_UNKNOWN": (table(Kelurahan=["Medono", "JUMLAH"]), table(Kelurahan=["MEDONO", "Kel. Panjangbaru"])),
    "AREA_CODE_MIXED": (table(kode=["3375030", "33.75.03"]), table(kode=["3375030", "3375040"])),
    "CODE_NAME_VARIES": (
        table(kode_kota=["3272"] * 4, nama_kota=["Tasikmalaya", *["Sukabumi"] * 3]),
        table(kode_kota=["3272"] * 4, nama_kota=["KOTA SUKABUMI", *["Sukabumi"] * 3]),
    ),
    "AREA_NAME_OLD": (table(kelurahan=["Medono", "Kraton Kidul"]), table(kelurahan=["Medono", "Kel. Padukuhan"])),
    "AREA_PARENT": (
        table(kelurahan=["Krapyak"], kecamatan=["Pekalongan Selatan"]),
        table(kelurahan=["Krapyak"], kecamatan=["Pekalongan Utara"]),
    ),
    "AREA_INCOMPLETE": (
        table(kode=[area.bps for area in KELURAHAN[1:]]),
        full(jumlah=[1] * 27),
    ),
}


def found(case: Case, code: str) -> list[Finding]:
    return [finding for finding in run_checks(*case) if finding.check == code]


def test_every_check_is_tried() -> None:
    assert set(CASES) == {check.code for check in CHECKS}


@pytest.mark.parametrize("code", CASES)
def test_a_layer_that_fails_is_told_so(code: str) -> None:
    fails, _ = CASES[code]
    assert found(fails, code)
    assert all("…" not in sentence(finding) for finding in found(fails, code))


@pytest.mark.parametrize("code", CASES)
def test_a_layer_that_just_passes_is_left_in_peace(code: str) -> None:
    _, passes = CASES[code]
    assert found(passes, code) == []


def test_a_complete_map_and_a_complete_table_have_no_finding() -> None:
    whole = layer({"kode": ["a"], "nama": ["Pos"]}, [IN_THE_CITY], key="kode")
    assert run_checks(whole, MAP) == []
    assert run_checks(layer(every_kelurahan(jumlah=[1] * 27), key="kode_kelurahan"), STATISTICS) == []


@pytest.mark.parametrize("code", ["AREA_CODE_UNKNOWN", "AREA_CODE_NAME", "AREA_NAME_UNKNOWN", "AREA_CODE_MIXED"])
def test_wrong_areas_block_statistics_and_warn_on_maps(code: str) -> None:
    (fails, context), _ = CASES[code]
    assert {finding.severity for finding in found((fails, context), code)} == {Severity.BLOCKS}
    assert {finding.severity for finding in found((fails, MAP), code)} == {Severity.WARNS}


def test_the_place_of_an_invalid_geometry_is_where_it_crosses_itself() -> None:
    (finding,) = found(map_of(SQUARE, BOW_TIE), "GEOM_INVALID")
    assert finding.row == 2
    assert finding.place
    assert finding.place.distance(shapely.Point(109.675, -6.885)) < 1e-9
    assert "memotong dirinya" in sentence(finding)


def test_nothing_has_a_place_before_the_crs_is_declared() -> None:
    findings = run_checks(*map_of(BOW_TIE, LINE, IN_JAKARTA, crs=None))
    assert {"CRS_MISSING", "GEOM_INVALID", "GEOM_MIXED"} <= {finding.check for finding in findings}
    assert not any(finding.place for finding in findings)


def test_infinite_heights_are_found() -> None:
    assert [f.row for f in found(map_of(IN_THE_CITY, shapely.Point(109.67, -6.9, inf)), "COORD_NONFINITE")] == [2]


def test_the_share_outside_is_told() -> None:
    (finding,) = found(map_of(IN_THE_CITY, IN_THE_CITY, IN_JAKARTA), "OUTSIDE_CITY")
    assert sentence(finding) == "1 fitur (33,3 %) terletak di luar Kota Pekalongan: fitur 3."


def test_swapped_axes_are_not_also_called_elsewhere() -> None:
    checks = {finding.check for finding in run_checks(points((-6.89, 109.67), (-6.88, 109.68)), MAP)}
    assert "COORD_SWAPPED" in checks
    assert not {"ELSEWHERE", "OUTSIDE_CITY"} & checks


@pytest.mark.parametrize(
    ("cells", "deviating"),
    [
        (["12.330", "9.105", "13,016"], {3: "13016"}),
        (["12,330", "9,105", "13.016"], {3: "13016"}),
        (["1.5", "2.25", "12.330"], {}),
        (["1,5", "2,25", "12.5"], {3: "12,5"}),
        (["1.234,5", "12.330", "7"], {}),
        (["1,234.5", "12,330", "7"], {}),
        (["12 330", "9 105", "7", "-", "8", "9"], {4: "kosong"}),
        (["0,125", "0,5", "1,75"], {}),
        (["12.330", "8.112", "9.01o", "11.204"], {3: "kosong"}),
    ],
)
def test_each_deviating_cell_is_told_with_its_reading(cells: list[str], deviating: dict[int, str]) -> None:
    findings = found(table(JML_PDDK=cells), "NUMBER_DEVIATES")
    assert {finding.row: finding.params["reading"] for finding in findings} == deviating
    (whole,) = found(table(JML_PDDK=cells), "NUMBER_AS_TEXT")
    assert whole.column == "jml_pddk"


@pytest.mark.parametrize(
    "columns",
    [
        {"TAHUN": ["2017", "2018"]},
        {"PERIODE_DATA": ["2017", "2018"]},
        {"dibangun": ["1998", "2004"]},
        {"KODE_POS": ["51111", "51123"]},
        {"NPSN": ["20329701", "20329702"]},
        {"ruas": ["001", "002"]},
        {"wilayah": ["33.75.01", "33.75.02"]},
        {"tinggi": ["20-40 cm", ">40 cm"]},
        {"luas": [1.5, 2.5]},
        {"kosong": [None, "-"]},
    ],
)
def test_codes_and_years_are_no_quantities(columns: dict[str, list]) -> None:
    assert found(table(**columns), "NUMBER_AS_TEXT") == []


@pytest.mark.parametrize(
    "cell", [A_NIK, A_WOMANS_NIK, f"{A_NIK[:6]} {A_NIK[6:12]} {A_NIK[12:]}", int(A_NIK), float(A_NIK), f"a/{A_NIK}/b"]
)
def test_a_nik_is_found_however_it_is_kept_and_never_repeated(cell: object) -> None:
    (finding,) = found(table(KET=[cell]), "NIK")
    assert finding.severity is Severity.BLOCKS
    assert not any(part in sentence(finding) for part in (A_NIK[6:], A_WOMANS_NIK[6:], "171288", "571288"))


@pytest.mark.parametrize(
    "digits",
    [
        "3375013202880003",
        "3375011713880003",
        "3375010012880003",
        "9975011712880003",
        "3300011712880003",
        "33750117128800031",
    ],
)
def test_sixteen_digits_are_not_yet_a_nik(digits: str) -> None:
    assert found(table(KET=[digits]), "NIK") == []


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("KET", "081234567890"),
        ("KET", "WA 0812-3456-7890."),
        ("KET", "62 85742001234"),
        ("TELP", 81234567890),
        ("no_hp", 6281234567890),
    ],
)
def test_a_mobile_number_is_found_and_masked(column: str, cell: object) -> None:
    (finding,) = found(table(**{column: [cell]}), "PHONE")
    assert finding.severity is Severity.BLOCKS
    assert "••••••" in sentence(finding)
    assert "34567" not in sentence(finding)


def test_a_nik_used_as_a_key_is_not_repeated_in_the_message() -> None:
    (finding,) = found((layer({"a": [A_NIK, A_NIK]}, key="a"), STATISTICS), "KEY_DUPLICATE")
    assert "“3375••••••••••••”" in sentence(finding)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("198001172005011003", "0117"),
        ("01.234.567.8-502.000", "567"),
        ("0812-3456-7890", "3456"),
        ("budi@kantor.id", "udi"),
    ],
)
def test_nothing_that_identifies_somebody_is_repeated_in_another_message(value: str, kept: str) -> None:
    (finding,) = found((layer({"a": [value, value]}, key="a"), STATISTICS), "KEY_DUPLICATE")
    assert kept not in sentence(finding)


def test_long_hostile_cells_are_read_in_passing() -> None:
    long = "a" * 200_000 + " x@y " + "0" * 200_000 + " " + "1." * 100_000
    assert {"KEY_ABSENT"} == {finding.check for finding in run_checks(layer({"ket": [long]}), STATISTICS)}


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("[0-9]{8}", ""),
        ("SD|SMP", ""),
        ("a" * 201, "paling panjang 200 huruf"),
        ("(a{20}){20}", "paling banyak 300"),
        ("a{2", ""),
        ("(a", "kurung ("),
        ("a)", "kurung )"),
        ("*a", "tanda ulang"),
        ("[z-a]", "terbalik"),
        ("a\\", "\\"),
        ("(?!a)", "(?…)"),
    ],
)
def test_a_pattern_that_is_none_says_why(pattern: str, fault: str) -> None:
    assert fault in pattern_fault(pattern)
    assert bool(fault) is bool(pattern_fault(pattern))


@given(st.text(st.characters(max_codepoint=0x17F), max_size=40), st.text(max_size=10))
def test_any_text_is_a_pattern_or_is_told_why_not(pattern: str, cell: str) -> None:
    case = said({"a": [f"x{cell}"]}, fields=[{"name": "a", "pattern": pattern}])
    assert len(found(case, "RULE_BROKEN")) <= (not pattern_fault(pattern))


def test_of_very_much_text_a_pattern_is_compared_with_a_bounded_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standar_data, "PATTERN_WORK", 1000)
    case = said({"a": [f"{n:04}x" for n in range(100)]}, fields=[{"name": "a", "pattern": "[0-9]"}])
    assert len(found(case, "RULE_BROKEN")) == 40
    assert found(said({"a": ["x"]}, fields=[{"name": "a", "pattern": "([0-9]{99}){99}"}]), "RULE_BROKEN") == []


def test_thousands_of_foreign_codes_are_counted() -> None:
    foreign = [f"32{n:08d}" for n in range(5_000)]
    findings = found(table(kode=foreign), "AREA_CODE_UNKNOWN")
    assert findings[-1].params == {"more": 4_800}


def test_large_counts_are_no_telephone_numbers() -> None:
    assert found(table(rupiah=[81234567890, 6281234567890]), "PHONE") == []


def test_the_masked_address_keeps_one_letter() -> None:
    (finding,) = found(table(KET=["tulis ke budi.s@example.test"]), "EMAIL")
    assert finding.params["masked"] == "b•••@example.test"


def test_an_unknown_code_is_answered_by_the_name_beside_it() -> None:
    columns = every_kelurahan()
    columns["kode_kelurahan"] = [area.bps for area in KELURAHAN]
    columns["kode_kelurahan"][3] = "3375010099"
    (finding,) = found(table(**columns), "AREA_CODE_UNKNOWN")
    assert finding.suggestion == KELURAHAN[3].bps
    assert sentence(finding).endswith(f"Mungkin maksud Anda {KELURAHAN[3].bps} ({KELURAHAN[3].name})?")


def test_the_suggestion_for_utara_and_selatan_stays_in_its_system() -> None:
    for code, meant in ((3375030, "3375040"), ("33.75.04", "33.75.03")):
        (finding,) = found(table(kode=[code], kecamatan=["Pekalongan Utara"]), "AREA_CODE_NAME")
        assert finding.suggestion == meant


def test_what_is_wrong_in_many_rows_is_said_once() -> None:
    (finding,) = found(table(kelurahan=["Medonoo"] * 12 + ["Krapyak"]), "AREA_NAME_UNKNOWN")
    assert (finding.row, finding.params["count"], finding.suggestion) == (1, 12, "Medono")


def test_completeness_is_asked_of_every_period() -> None:
    codes = [area.bps for area in KELURAHAN]
    columns = {"kode": codes + codes[2:], "tahun": [2024] * 27 + [2025] * 25}
    (finding,) = found(table(**columns), "AREA_INCOMPLETE")
    assert finding.params["period"] == "2025"
    assert finding.params["missing"] == f"{KELURAHAN[0].name}, {KELURAHAN[1].name}"


def test_completeness_is_asked_of_the_finest_level() -> None:
    columns = every_kelurahan(kode_kecamatan=[area.parent for area in KELURAHAN])
    columns = {name: cells[:-1] for name, cells in reversed(columns.items())}
    (finding,) = found(table(**columns), "AREA_INCOMPLETE")
    assert (finding.params["level"], finding.params["missing"]) == ("kelurahan", "Sokoduwet")


def test_completeness_is_not_asked_of_maps() -> None:
    assert found((layer({"kode": ["33.75.01.1002"]}, [IN_THE_CITY]), MAP), "AREA_INCOMPLETE") == []


def test_a_heading_that_only_speaks_of_kelurahan_holds_no_names() -> None:
    heading = "Banyaknya Desa/Kelurahan Menurut Jenis Tempat Pembuangan Sampah"
    assert not found(table(**{heading: ["Sungai"]}), "AREA_NAME_UNKNOWN")
    assert found(table(kemendagri_nama_desa_kelurahan=["Sungai"]), "AREA_NAME_UNKNOWN")


def test_a_code_column_may_be_named_by_the_reading() -> None:
    assert found((layer({"lokasi": ["33.75.99"]}, code="lokasi"), STATISTICS), "AREA_CODE_UNKNOWN")
    assert not found((layer({"lokasi": ["33.75.99"]}), STATISTICS), "AREA_CODE_UNKNOWN")


def test_at_most_two_hundred_findings_of_a_check_are_listed() -> None:
    findings = found(map_of(*[None] * 1250), "GEOM_NULL")
    assert len(findings) == MOST + 1
    assert sentence(findings[-1]) == "… dan 1.050 lainnya dengan temuan yang sama."
    assert len({finding.key for finding in findings}) == len(findings)


def test_progress_is_told_check_by_check() -> None:
    heard: list[tuple[str, int, int]] = []
    run_checks(layer({"a": [1]}), STATISTICS, lambda *said: heard.append(said))
    assert [code for code, _, _ in heard] == [check.code for check in CHECKS]


def test_without_a_city_nothing_is_said_of_places() -> None:
    context = Context(Kind.STATISTICS, METADATA, True)
    findings = run_checks(layer({"kode": ["33.75.99"], "kelurahan": ["Entah"]}, [IN_JAKARTA]), context)
    assert [finding.check for finding in findings] == ["KEY_ABSENT"]


def test_missing_metadata_is_named_as_people_know_it() -> None:
    assert missing_metadata(METADATA, Kind.STATISTICS) == ()
    half = METADATA | {"title": " ", "keywords": [], "contact": {"name": "Sari"}, "scale": None}
    assert missing_metadata(half, Kind.GEOSPATIAL) == ("judul", "kata kunci", "kontak", "skala")
    assert len(missing_metadata({}, Kind.STATISTICS)) == 14


def test_every_check_stands_under_one_of_the_four_principles() -> None:
    assert {check.principle for check in CHECKS} == set(Principle)
    assert principle_of("NIK") is Principle.STANDAR_DATA
    assert principle_of("ZIP_EXTRA") is Principle.INTEROPERABILITAS


CLAIMS: list[Callable] = [check.claim for check in CHECKS]


def test_codes_and_claims_are_unique() -> None:
    assert len({check.code for check in CHECKS}) == len(set(CLAIMS)) == len(CHECKS)
