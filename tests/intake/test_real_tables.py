"""Every real table is read right, or refused with a sentence that is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.intake import Reading
from tests.conftest import SHARED
from tests.intake.conftest import Read, shared
from workflow.errors import BadUpload

FOLDERS = ("04_tabel", "07_thirdparty/csv-spectrum/csvs", "07_thirdparty/tabulator/data")
ROOT = SHARED / "data"


def files() -> list[str]:
    found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file())
    return sorted(str(path.relative_to(ROOT)) for path in found)


OLD_EXCEL, WEB_PAGE, ARCHIVE = "Excel lama (.xls)", "halaman web (HTML)", "tidak memuat shapefile"
REFUSED: dict[str, str] = {
    "04_tabel/jabar_kemiskinan/gariskemiskinanjabar.xls": WEB_PAGE,
    "04_tabel/jateng_bencana/Data Bencana Alam Jawa Tengah.xlsx": "2 lembar: “Data Asli”, “Data Analisis”",
    "table.csv.gz": "bukan jenis yang dikenal",
    "table.csv.zip": ARCHIVE,
    "table.ndjson": "per baris belum didukung",
    "table.xls": OLD_EXCEL,
    "table.xlsx": "2 lembar: “Лист1”, “Sheet 2”",
    "special/doublequote.csv.zip": ARCHIVE,
    "special/merged-cells-boolean.xls": OLD_EXCEL,
    "special/merged-cells.xls": OLD_EXCEL,
    "special/merged-cells.xlsx": "tidak berisi satu baris data pun",
    "special/sheet2.xls": OLD_EXCEL,
    "special/sheets.xlsx": "3 lembar: “Sheet1”, “Sheet2”, “Sheet3”",
    "special/table-with-booleans.xls": OLD_EXCEL,
    "special/table-with-ints-floats-dates.xls": OLD_EXCEL,
    "special/table.csv.html": WEB_PAGE,
    "special/table.csv.zip": ARCHIVE,
}
"""A part of the sentence with which each is refused that is refused."""


def short(name: str) -> str:
    return name.removeprefix("07_thirdparty/tabulator/data/").removeprefix("07_thirdparty/csv-spectrum/csvs/")


# By hand: rows, the numbers of the first and last row in the file, the header, some rows by their place, types.
ENGLISH_CHINESE = {"rows": 2, "labels": ["id", "name"], "at": {0: [1, "english"], 1: [2, "中国人"]}}
SIMPLE = {"rows": 1, "labels": ["a", "b", "c"], "at": {0: [1, 2, 3]}}
EXPECTED: dict[str, dict[str, Any]] = {
    "04_tabel/jateng_sampah/bps_jateng.csv": {
        "rows": 35,
        "numbers": (9, 43),
        "header": (4, 8),
        "left": {44: "sum", 45: "note"},
        "at": {
            0: ["Cilacap", 32, 248, 4, None, None, 284, 29],
            33: ["Kota Pekalongan", 27, None, None, None, None, 27, 21],
            34: ["Kota Tegal", 27, None, None, None, None, 27, 19],
        },
        "missing": "“-” tidak ada atau nol",
    },
    "04_tabel/jateng_sampah/Data_Komposisi_Jenis_Sampah_SIPSN_KLHK_2021.xlsx": {
        "rows": 232,
        "numbers": (3, 234),
        "header": (2, 2),
        "units": {"Sisa Makanan (%)": "%", "Provinsi": ""},
        "at": {
            0: [2021, "Aceh", "Kab. Aceh Selatan", 29.23, 12.38, 12.09, 16.24, 6.51, 6.42, 3.43, 6.12, 7.58],
            231: [2021, "Papua Barat Daya", "Kab. Tambrauw", *[None] * 9],
        },
    },
    "04_tabel/jateng_sampah/Tempat Pemrosesan Akhir (TPA) Tahun 2021.csv": {
        "rows": 34,
        "at": {0: ["11", "Aceh", 405, 5401462, 1854507], 33: ["94", "Papua", 4089, 70705270, 9067347]},
    },
    "04_tabel/jabar_desa/dpmdes-idm_sts_kejadian_pencemaran_air__des_kel_data.csv": {
        "rows": 15936,
        "numbers": (2, 15937),
        "at": {
            0: [
                *("32", "JAWA BARAT", "3201", "KABUPATEN BOGOR", "3201190", "GUNUNG PUTRI", "3201190006"),
                *("WANAHERANG", "32.01.02", "GUNUNG PUTRI", "32.01.02.2001", "WANAHERANG", "ADA", 2019, 1),
            ],
            15935: [
                *("32", "JAWA BARAT", "3279", "KOTA BANJAR", "3279040", "LANGENSARI", "3279040001", "KUJANGSARI"),
                *("32.79.04", "LANGENSARI", "32.79.04.2006", "KUJANGSARI", "TIDAK ADA", 2021, 15936),
            ],
        },
    },
    "04_tabel/jabar_kemiskinan/angka_garis_kemiskinan_per_kapita_per_bulan__provinsi.csv": {
        "rows": 1,
        "numbers": (3, 3),
        "header": (2, 2),
        "labels": ["Nama Wilayah", "2020", "2019", "2018"],
        "at": {0: ["JAWA BARAT", 410988, 386198, 367755]},
    },
    "04_tabel/jabar_kemiskinan/angka_garis_kemiskinan_per_kapita_per_bulan_provinsi.xlsx": {
        "rows": 3,
        "labels": ["Tahun", "garis_kemiskinan"],
        "at": {0: [2020, 410988], 2: [2018, 367755]},
    },
    "04_tabel/jabar_kemiskinan/angka_garis_kemiskinan_per_kapita_per_bulan__kabupaten_data.csv": {
        "rows": 81,
        "at": {80: [81, "32", "JAWA BARAT", "3279", "KOTA BANJAR", 344363, "RUPIAH", 2020]},
    },
    "04_tabel/jabar_kemiskinan/jumlah_penduduk_miskin_berdasarkan_kabupatenkota_data.csv": {
        "rows": 513,
        "at": {
            0: [1, "32", "JAWA BARAT", "3201", "KABUPATEN BOGOR", 451.3, "RIBU JIWA", 2002],
            511: [512, "32", "JAWA BARAT", "3278", "KOTA TASIKMALAYA", 86.13, "RIBU JIWA", 2020],
        },
    },
    "04_tabel/jabar_kemiskinan/jumlah_penduduk_berdasarkan_jenis_kelamin_data.csv": {
        "rows": 430,
        "at": {429: [430, "32", "JAWA BARAT", "3279", "KOTA BANJAR ", "PEREMPUAN", 102108, "JIWA", 2020]},
    },
    "04_tabel/jabar_kemiskinan/jumlah_pengeluaran_per_kapita__kabupatenkota_data.csv": {
        "rows": 294,
        "at": {293: [294, "32", "JAWA BARAT", "3279", "KOTA BANJAR", 10535.0, "RIBU RUPIAH", 2020]},
    },
    "04_tabel/jateng_kemiskinan/indeks_pembangunan_manusia_jawa_tengah.csv": {
        "rows": 175,
        "units": {"Pengeluaran per kapita (ribu rupiah/orang/tahun)": "ribu rupiah/orang/tahun"},
        "at": {173: ["Kota Pekalongan", 2024, 74.8, 12.89, 9.34, 14547, 77.22]},
    },
    "04_tabel/jateng_kemiskinan/penduduk_miskin_jateng.csv": {
        "rows": 175,
        "at": {0: ["Kabupaten Cilacap", 2020, 351735, 198.60, 1944.86, 10.21]},
    },
    "04_tabel/jateng_kesehatan/penduduk_miskin_jateng.csv": {
        "rows": 175,
        "at": {173: ["Kota Pekalongan", 2024, 605312, 21.16, 321.10, 6.59]},
    },
    "04_tabel/jateng_kemiskinan/Persentase Rumah Terhadap Akses Air Minum Layak.csv": {
        "rows": 140,
        "at": {138: ["Kota Pekalongan", 2023, 98.88], 139: ["Kota Tegal", 2023, 100]},
    },
    "04_tabel/jateng_kemiskinan/Tingkat Pengangguran Terbuka Menurut Kabupaten_Kota dan Jenis Kelamin di Provinsi"
    " Jawa Tengah.csv": {"rows": 140, "at": {138: ["Kota Pekalongan", 2023, 5.27, 4.69, 5.02]}},
    "04_tabel/jateng_kesehatan/Lokasi_Jawa_Tengah.csv": {
        "rows": 35,
        "at": {0: ["Kabupaten Cilacap", -7.7389, 108.9386], 34: ["Kota Tegal", -6.88, 109.1667]},
    },
    "04_tabel/jateng_kesehatan/faskes_jateng.csv": {
        "rows": 105,
        "at": {
            0: ["Kabupaten Cilacap", 2021, 12, 1, 38, 17, 34, 2176],
            103: ["Kota Pekalongan", 2023, 8, 0, 14, 10, 11, 416],
        },
    },
    "04_tabel/jateng_kesehatan/jumlah_bayi_bblr_gizi_buruk_jateng.csv": {
        "rows": 140,
        "at": {0: ["Kabupaten Cilacap", 2020, 28303, 1052, 5878], 139: ["Kota Tegal", 2023, 3410, 497, 928]},
    },
    "04_tabel/jateng_kesehatan/jumlah_penyakit_berdasarkan_jenis_jateng.csv": {
        "rows": 105,
        "at": {0: ["Kabupaten Cilacap", 2023, 218, 57, 0.85, 0.01, 5.18]},
    },
    "04_tabel/jateng_kesehatan/nakes_jateng.csv": {
        "rows": 105,
        "at": {
            0: ["Kabupaten Cilacap", 2020, 272, 1637, 1221, 229, 72],
            104: ["Kota Tegal", 2023, 178, 1016, 276, 207, 40],
        },
    },
    "comma_in_quotes.csv": {"rows": 1, "at": {0: ["John", "Doe", "120 any st.", "Anytown, WW", "08123"]}},
    "empty.csv": {"rows": 2, "at": {0: [1, None, None], 1: [2, 3, 4]}},
    "empty_crlf.csv": {"rows": 2, "at": {0: [1, None, None], 1: [2, 3, 4]}},
    "escaped_quotes.csv": {"rows": 2, "at": {0: [1, 'ha "ha" ha'], 1: [3, "4"]}},
    "json.csv": {"rows": 1, "at": {0: [1, '{"type": "Point", "coordinates": [102.0, 0.5]}']}},
    "location_coordinates.csv": {
        "rows": 1,
        "at": {0: ["2095257564", "37\ufffd36'37.8\"N 121\ufffd2'17.9\"W", "Modesto", "Stanislaus"]},
        "remarks": {"ENC_DAMAGED"},
    },
    "newlines.csv": {"rows": 3, "at": {0: ["1", 2, 3], 1: ["Once upon \na time", 5, 6], 2: ["7", 8, 9]}},
    "newlines_crlf.csv": {"rows": 3, "at": {0: ["1", 2, 3], 1: ["Once upon \na time", 5, 6], 2: ["7", 8, 9]}},
    "quotes_and_newlines.csv": {"rows": 2, "at": {0: [1, 'ha \n"ha" \nha'], 1: [3, "4"]}},
    "simple.csv": SIMPLE,
    "simple_crlf.csv": SIMPLE,
    "utf8.csv": {"rows": 2, "at": {0: [1, 2, "3"], 1: [4, 5, "ʤ"]}},
    "table.csv": ENGLISH_CHINESE,
    "table.ods": ENGLISH_CHINESE,
    "table.tsv": {"rows": 3, "at": {1: [2, "中国人"], 2: [3, "\\N"]}},
    "special/accent.csv": {
        "rows": 2,
        "at": {
            1: [
                *("XXX", "YYY", "ZZZ", "FR*A17*P*ZZZ*3*_*_*_", "Parking 1", "D109A", "06090", 6.92641, 43.59413, 2),
                *("FR*A17*E*ZZZ*3*1*2*_", 22, "T2 - E/F", "Payant (badge, appli et QR code)", "24h/24", "RAS"),
                "2018/3/31",
            ]
        },
    },
    "special/adjust_floating_point_error.xlsx": {
        "rows": 5,
        "at": {
            0: ["P-1-94-AR P21 16-20cm Pi split 3", 60.565, 242.26, 242.26],
            3: ["TT013-06MC 10-12cm Total P split 3", 12.1, 968, 968],
        },
    },
    "special/bom.csv": ENGLISH_CHINESE,
    "special/doublequote.csv": {"rows": 5, "numbers": (2, 6)},
    "special/escaping.csv": {"rows": 3, "at": {0: [1, ' "Test line 1"']}},
    "special/issue305.csv": {"rows": 338, "numbers": (2, 339)},
    "special/issue320.xlsx": {"rows": 46, "numbers": (13, 58), "header": (10, 12), "left": {62: "note", 64: "note"}},
    "special/latin1.csv": {"rows": 2, "at": {1: [2, "©"]}, "remarks": {"ENC_GUESSED", "CSV_DIALECT"}},
    "special/long.csv": {"rows": 6, "at": {0: [1, "a"], 5: [6, "f"]}},
    "special/multiline-headers.xlsx": {
        "rows": 1,
        "header": (1, 5),
        "labels": [
            *("Region", "Caloric contribution / (%)"),
            "Cumulative impact of changes on cost of food basket / from previous quarter",
            "Cumulative impact of changes on cost of food basket / from baseline (%)",
        ],
        "at": {0: ["A", "B", "C", "D"]},
    },
    "special/number_format_multicode.xlsx": {"rows": 3, "at": {0: [4.51119775197299], 1: [-9.03233986479077]}},
    "special/preserve-formatting-percentage.xlsx": {"rows": 3, "at": {0: [123, 0.52], 1: [456, 0.3], 2: [789, 0.06]}},
    "special/preserve-formatting.xlsx": {"rows": 1},
    "special/sheet2.xlsx": ENGLISH_CHINESE,
    "special/skip-blank-at-the-end.csv": {"rows": 1, "left": {2: "note"}, "at": {0: [1, 2]}},
    "special/skip-rows-before-headers.csv": ENGLISH_CHINESE | {"header": (2, 2)},
    "special/skip-rows.csv": ENGLISH_CHINESE | {"left": {4: "note"}, "numbers": (3, 5)},
    "special/skip-rows.xlsx": {"rows": 1, "labels": ["A", "B"], "left": {4: "total"}, "at": {0: [8, 9]}},
    "special/table-with-booleans.ods": {"rows": 2, "at": {0: [1, True], 1: [2, False]}},
    "special/table-with-ints-floats-dates.ods": {"rows": 3},
    "special/table.bad-format": ENGLISH_CHINESE,
    "special/test_scientific_notation.xlsx": {"rows": 1, "at": {0: [4.27335427525861e-07]}},
}


@pytest.mark.skipif(not files(), reason=f"{ROOT} is absent (SEBAR_SHARED)")
@pytest.mark.parametrize("name", files())
def test_a_real_table_is_read_right_or_refused_truly(name: str, read: Read) -> None:
    path = shared(name)
    if sentence := REFUSED.get(short(name)):
        with pytest.raises(BadUpload) as refused:
            read(path, name=path.name)
        assert sentence in refused.value.detail
        assert refused.value.mend.endswith(".")
    elif not name.endswith("LICENSE.md"):
        compare(read(path, name=path.name), EXPECTED[short(name)])


def compare(found: Reading, expected: dict[str, Any]) -> None:
    layer = found.layer
    rows = [list(row.values()) for row in layer.columns.to_pylist()]
    assert len(rows) == expected["rows"]
    for at, values in expected.get("at", {}).items():
        assert rows[at] == values
    if "numbers" in expected:
        assert (layer.rows[0], layer.rows[-1]) == expected["numbers"]
    if "header" in expected:
        assert (found.sheet["first"], found.sheet["last"]) == expected["header"]
    assert {row: why for row, why in found.sheet["left_out"]} == expected.get("left", {})
    assert [field.label for field in layer.fields] == expected.get("labels", [field.label for field in layer.fields])
    assert {remark.check for remark in found.remarks} >= expected.get("remarks", set())
    units = {field.label: field.unit for field in layer.fields}
    assert units | expected.get("units", {}) == units
    if "missing" in expected:
        assert {field.null_meaning for field in layer.fields} == {"", expected["missing"]}


BENCANA = ("04_tabel", "jateng_bencana", "Data Bencana Alam Jawa Tengah.xlsx")


def test_a_sheet_with_a_header_merged_over_35_areas_is_read(read: Read) -> None:
    analysed = read(shared(*BENCANA), sheet="Data Analisis").layer
    assert [field.label for field in analysed.fields][:3] == ["JENIS BENCANA ALAM", "Cilacap", "Banyumas"]
    assert list(analysed.columns.slice(0, 1).to_pylist()[0].values())[:9] == [
        "BANJIR",
        258,
        112,
        30,
        21,
        67,
        42,
        16,
        41,
    ]
    found = read(shared(*BENCANA), sheet="Data Asli")
    assert (found.sheet["first"], found.sheet["last"]) == (4, 5)
    assert [field.label for field in found.layer.fields][:4] == [
        *("Bencana", "Jumlah", "Kabupaten / Kota / Cilacap", "Kabupaten / Kota / Banyumas"),
    ]


def test_years_as_columns_become_rows_where_somebody_says_so(read: Read) -> None:
    path = shared("04_tabel", "jabar_kemiskinan", "angka_garis_kemiskinan_per_kapita_per_bulan__provinsi.csv")
    assert read(path).sheet["years"] == {"": [2020, 2019, 2018]}
    layer = read(path, long="Garis kemiskinan").layer
    assert [field.label for field in layer.fields] == ["Nama Wilayah", "Tahun", "Garis kemiskinan"]
    assert [list(row.values()) for row in layer.columns.to_pylist()] == [
        ["JAWA BARAT", 2018, 367755],
        ["JAWA BARAT", 2019, 386198],
        ["JAWA BARAT", 2020, 410988],
    ]


def test_every_real_table_has_an_expectation() -> None:
    known = {*EXPECTED, *REFUSED}
    assert [name for name in files() if short(name) not in known and Path(name).name != "LICENSE.md"] == []
