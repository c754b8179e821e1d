"""A table becomes a map without a number being made up."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
import shapely

from workflow.area_codes import digits
from workflow.layer import Field, FieldType, Layer
from workflow.periods import interval
from workflow.statistics import Boundary, area_code_field, as_map, period_field

NAMES = ("Medono", "Podosugih", "Tirto")
CODES = ("33.75.01.1002", "33.75.01.1003", "33.75.01.1009")
BPS = ("3375010004", "3375010007", "3375010010")
BOUNDARY = Boundary(
    "batas",
    3,
    "e" * 64,
    CODES,
    NAMES,
    np.array([shapely.box(at, 0, at + 1, 1) for at in range(3)]),
    {digits(code): at for at, code in enumerate(BPS)},
)
TYPES = {FieldType.STRING: pa.string(), FieldType.INTEGER: pa.int64(), FieldType.NUMBER: pa.float64()}


def table(rows: list[tuple], **columns: FieldType) -> Layer:
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return Layer(
        name="penduduk",
        fields=tuple(Field(name, type) for name, type in columns.items()),
        columns=pa.table(
            [pa.array(column, TYPES[type]) for column, type in zip(cells, columns.values(), strict=True)],
            names=list(columns),
        ),
        rows=np.arange(2, len(rows) + 2),
    )


def population(rows: list[tuple]) -> Layer:
    text, number = FieldType.STRING, FieldType.INTEGER
    return table(rows, tahun=number, kode=text, jenis_kelamin=text, jumlah=number)


def mapped(layer: Layer, period: str | None = "tahun") -> list[dict]:
    drawn = as_map(layer, "kode", period, BOUNDARY)
    assert isinstance(drawn, Layer), drawn
    assert [field.name for field in drawn.fields] == drawn.columns.column_names
    assert len(drawn) == len(drawn.geometry) == drawn.columns.num_rows
    return drawn.columns.to_pylist()


def test_each_area_and_period_is_one_feature_with_categories_as_columns():
    rows = [
        (year, code, sex, 100 * at + (sex == "P"))
        for year in (2023, 2024)
        for at, code in enumerate(CODES)
        for sex in "LP"
    ]
    features = mapped(population(rows))
    assert len(features) == 6
    assert features[4] == {
        "kode_periode": "33.75.01.1003_2024",
        "kode": "33.75.01.1003",
        "nama_wilayah": "Podosugih",
        "tahun": 2024,
        "jumlah": 201,
        "jumlah_l": 100,
        "jumlah_p": 101,
    }


def test_geometries_follow_their_areas():
    drawn = as_map(population([(2024, code, "L", 1) for code in reversed(CODES)]), "kode", "tahun", BOUNDARY)
    assert [shape.bounds[0] for shape in drawn.geometry] == [0, 1, 2]
    assert drawn.key == "kode_periode"
    assert drawn.source_crs == "OGC:CRS84"


@pytest.mark.parametrize("written", [CODES, BPS, tuple(digits(code) for code in CODES)])
def test_a_code_may_be_written_in_any_known_way(written):
    features = mapped(population([(2024, code, "L", at) for at, code in enumerate(written)]))
    assert [(entry["kode"], entry["jumlah"]) for entry in features] == [(code, at) for at, code in enumerate(CODES)]


def test_an_area_that_the_table_leaves_out_has_a_place_and_no_number():
    features = mapped(population([(2024, CODES[0], "L", 5), (2024, CODES[0], "P", 6), (2024, CODES[1], "L", 7)]))
    assert [entry["jumlah_l"] for entry in features] == [5, 7, None]
    assert [entry["jumlah_p"] for entry in features] == [6, None, None]
    assert [entry["jumlah"] for entry in features] == [11, None, None]


def test_totals_in_the_table_are_not_added_to_their_parts():
    rows = [(2024, code, sex, 1) for code in CODES for sex in ("L", "P", "L+P")]
    assert [name for name in mapped(population(rows))[0] if name.startswith("jumlah")] == [
        "jumlah_l",
        "jumlah_p",
        "jumlah_l_p",
    ]


def test_averages_are_not_added_up():
    rows = [(2024, code, level, 16.5) for code in CODES for level in ("SD", "SMP")]
    layer = table(
        rows, tahun=FieldType.INTEGER, kode=FieldType.STRING, jenjang=FieldType.STRING, rasio=FieldType.NUMBER
    )
    assert [name for name in mapped(layer)[0] if name.startswith("rasio")] == ["rasio_sd", "rasio_smp"]


def test_a_table_without_categories_keeps_its_columns():
    rows = [(2024, code, name, 1.5, 2) for code, name in zip(CODES, NAMES, strict=True)]
    layer = table(
        rows,
        tahun=FieldType.INTEGER,
        kode=FieldType.STRING,
        nama_kelurahan=FieldType.STRING,
        timbulan_ton=FieldType.NUMBER,
        tps=FieldType.INTEGER,
    )
    assert mapped(layer)[0] == {
        "kode_periode": "33.75.01.1002_2024",
        "kode": "33.75.01.1002",
        "nama_wilayah": "Medono",
        "tahun": 2024,
        "nama_kelurahan": "Medono",
        "timbulan_ton": 1.5,
        "tps": 2,
    }


def test_without_a_period_there_is_one_feature_for_each_area():
    layer = table([(code, 1) for code in CODES], kode=FieldType.STRING, unit_usaha=FieldType.INTEGER)
    assert [entry["kode_periode"] for entry in mapped(layer, None)] == list(CODES)


def test_two_categories_stand_in_one_name():
    rows = [(code, sex, age, 1) for code in CODES for sex in "LP" for age in ("0-4", "5-9")]
    layer = table(rows, kode=FieldType.STRING, jk=FieldType.STRING, umur=FieldType.STRING, jumlah=FieldType.INTEGER)
    assert list(mapped(layer, None)[0])[3:] == [
        "jumlah", "jumlah_l_0_4", "jumlah_l_5_9", "jumlah_p_0_4", "jumlah_p_5_9"
    ]  # fmt: skip


def test_names_stay_unique_and_short():
    rows = [(code, kind, 1) for code in CODES for kind in ("<5", ">5", "x" * 80, "x" * 81, None)]
    layer = table(rows, kode=FieldType.STRING, umur=FieldType.STRING, jumlah=FieldType.INTEGER)
    names = list(mapped(layer, None)[0])
    assert len(set(names)) == len(names)
    assert all(len(name) <= 50 for name in names)


def test_rows_outside_the_boundary_are_told():
    rows = [(2024, "33.75", "L", 300), *((2024, code, "L", 100) for code in CODES)]
    drawn = as_map(population(rows), "kode", "tahun", BOUNDARY)
    assert drawn.reading["codes_left_out"] == ["33.75"]
    assert len(drawn) == 3


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (population([(2024, "33.26.01.2001", "L", 1)]), "Tidak satu pun kode wilayah"),
        (population([(2024, CODES[0], "L", 1), (2024, CODES[0], "L", 2)]), "Baris 3 dan 2"),
        (table([(CODES[0], "ada")], kode=FieldType.STRING, catatan=FieldType.STRING), "tidak memiliki kolom angka"),
        (population([(2024, CODES[0], f"k{at}", 1) for at in range(300)]), "300 kolom"),
    ],
)
def test_what_cannot_be_drawn_says_why(layer, said):
    reason = as_map(layer, "kode", "tahun" if "tahun" in layer.columns.column_names else None, BOUNDARY)
    assert said in reason


def test_the_columns_of_code_and_period_are_found():
    layer = table(
        [(2024, "33.75.01", CODES[0], "L", 3375), (2024, "33.75.01", CODES[1], "L", 1)],
        tahun=FieldType.INTEGER,
        kode_kecamatan=FieldType.STRING,
        kode_kelurahan=FieldType.STRING,
        jenis_kelamin=FieldType.STRING,
        jumlah=FieldType.INTEGER,
    )
    assert area_code_field(layer) == "kode_kelurahan"
    assert period_field(layer) == "tahun"
    assert area_code_field(table([("a",)], nama=FieldType.STRING)) is None
    assert period_field(table([("a",)], tahun=FieldType.STRING)) is None


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        (2024, ("2024-01-01", "2024-12-31")),
        (2024.0, ("2024-01-01", "2024-12-31")),
        ("2024", ("2024-01-01", "2024-12-31")),
        ("Tahun 2024", ("2024-01-01", "2024-12-31")),
        ("2023/2024", ("2023-01-01", "2024-12-31")),
        ("2020-2024", ("2020-01-01", "2024-12-31")),
        ("2024-02", ("2024-02-01", "2024-02-29")),
        ("2024-02-17", ("2024-02-17", "2024-02-17")),
        (date(2024, 2, 17), ("2024-02-17", "2024-02-17")),
        ("Semester II 2024", ("2024-07-01", "2024-12-31")),
        ("2024-S1", ("2024-01-01", "2024-06-30")),
        ("Triwulan IV 2024", ("2024-10-01", "2024-12-31")),
        ("TW 2 2024", ("2024-04-01", "2024-06-30")),
        ("2024-Q3", ("2024-07-01", "2024-09-30")),
        ("Mei 2024", ("2024-05-01", "2024-05-31")),
        ("Januari-Maret 2024", ("2024-01-01", "2024-03-31")),
    ],
)
def test_a_period_is_its_first_and_last_day(cell, days):
    assert tuple(day.isoformat() for day in interval(cell)) == days


@pytest.mark.parametrize("cell", [None, "", "Medono", 12, "2024-13", "2024-02-30", "Jalan 2024 no. 5", "1234567"])
def test_what_says_no_period_is_none(cell):
    assert interval(cell) is None
