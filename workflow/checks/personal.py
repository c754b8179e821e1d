"""Standar Data: nothing in a file leads to one person (UU 27/2022; domain.md P01 to P06)."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from workflow.checks.claims import Context, Fault, Params
from workflow.checks.columns import groups, is_count, is_text, measures, numbers, plain, texts, words
from workflow.layer import Field, FieldType, Layer
from workflow.sop import Kind
from workflow.statistics import COUNT_UNITS, is_measure, period_field

NOT_OF_A_PERSON = frozenset({"kode", "kd", "jumlah", "jml", "anggaran", "belanja", "banyak", "total", "uraian"})
PERSON = re.compile(
    r"nama[\W_]*(ibu|ayah|orang[\W_]*tua|pasien|korban|penerima|siswa|anak|lansia|kk|kepala[\W_]*(keluarga|rumah)|wali)"
    r"|(tgl|tanggal|tempat)[\W_]*lahir|\bttl\b",
    re.IGNORECASE,
)
ABOUT_ONE = frozenset(["alamat", "umur", "usia", "diagnosa", "diagnosis", "agama", "kelamin", "jk", "pekerjaan", "hp"])
SENSITIVE = re.compile(
    r"sakit|pasien|stunting|gizi|disabil|difabel|kekerasan|miskin|hiv|aids|tbc?\b|dbd|narkoba|kematian|korban|bunuh",
    re.IGNORECASE,
)
FACILITIES = re.compile(
    r"rumah[\W_]*sakit|puskesmas|posyandu|klinik|faskes|fasilitas|apotek|unit\b|kejadian|persen|rasio"
)
HOUSEHOLDS = re.compile(
    r"penerima|korban|pasien|penyandang|rtlh|tidak layak huni|(keluarga|warga|penduduk|rumah tangga) miskin|kasus",
    re.IGNORECASE,
)
FINE = frozenset(["kelurahan", "kel", "desa", "kecamatan", "kec", "rt", "rw", "sekolah"])
SMALL = 5
"""Counts of people from one up to below this are small cells; so are rows of people who are alike in what is known."""
OF_PEOPLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("people.toml").read_text(encoding="utf-8"))
THEMES = re.compile(f"{SENSITIVE.pattern}|{OF_PEOPLE['themes']}", re.IGNORECASE)
AGES, BESIDE_AGES, SEXES, OF_ONE = (frozenset(OF_PEOPLE[name]) for name in ("ages", "beside_ages", "sexes", "of_one"))
KNOWN = FINE | frozenset(OF_PEOPLE["known"])


@dataclass(frozen=True)
class Identity:
    """Claims that no cell holds a number that identifies somebody.

    Below a heading with one of `heads` every text that fits `headed` counts, elsewhere only `anywhere`. RE2.
    """

    heads: frozenset[str]
    headed: str
    anywhere: str = ""

    def __call__(self, layer: Layer, context: Context) -> Iterator[Fault]:
        for field in layer.fields:
            under = bool(words(field) & self.heads) and not words(field) & NOT_OF_A_PERSON
            pattern = self.headed if under else self.anywhere
            column = layer.columns[field.name]
            if under and not is_text(layer, field):
                column = pa.chunked_array([pa.array(texts(layer, field), pa.string())])
            if not pattern or not (under or is_text(layer, field)):
                continue
            found = pc.match_substring_regex(column, rf"(?:^|[^0-9A-Za-z.,])(?:{pattern})(?:$|[^0-9A-Za-z])")
            hits = pc.indices_nonzero(pc.fill_null(found, False))
            for n, text in zip(hits.to_pylist(), column.take(hits).to_pylist(), strict=True):
                if match := re.search(rf"(?<![0-9A-Za-z])(?:{pattern})(?![0-9A-Za-z])", text):
                    yield Fault({"masked": match[0][:3] + "•" * (len(match[0]) - 3)}, n, field)


_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
KK = Identity(frozenset({"kk", "nokk"}), r"\d{16}")
NIP = Identity(frozenset(), "", rf"19[4-9]\d{_DAY} ?(?:19[6-9]|20[0-4])\d(?:0[1-9]|1[0-2]) ?[12] ?\d{{3}}")
NPWP = Identity(frozenset({"npwp"}), r"\d{15,16}|[\d.-]{20}", r"\d\d\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}")
BPJS = Identity(frozenset({"bpjs", "jkn", "kis"}), r"\d{13}")
ACCOUNT = Identity(frozenset({"rekening", "norek", "rek"}), r"\d[\d -]{6,18}\d")
PLATE = Identity(
    frozenset({"nopol", "plat", "pelat", "polisi", "tnkb"}), r"[A-Z]{1,2} ?\d{1,4} ?[A-Z]{1,3}", r"G \d{3,4} [A-Z]{2}"
)


def rows_are_of_no_single_person(layer: Layer, context: Context) -> Iterator[Fault]:
    """A column that only a list of people has, or a name with two things that are said of one person."""
    filled = [field for field in layer.fields if layer.columns[field.name].null_count < len(layer)]
    told = [field for field in filled if PERSON.search(plain(field)) and not is_measure(field)]
    about = [field for field in filled if words(field) & ABOUT_ONE and not words(field) & NOT_OF_A_PERSON]
    if not told and len(about) > 1 and any(is_text(layer, field) for field in about):
        told = [field for field in filled if words(field) <= {"nama", "lengkap"} and is_text(layer, field)]
    if told:
        said = ", ".join(dict.fromkeys(plain(field) for field in (*told, *about)))
        yield Fault({"columns": said[:200]}, field=told[0])


def no_cell_counts_a_few_people(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of fine areas, and of what nobody wants told of them."""
    title = str(context.metadata.get("title", ""))
    if context.kind is not Kind.STATISTICS or not any(words(field) & FINE for field in layer.fields):
        return
    for field in layer.fields:
        about = f"{title} {plain(field)} {field.title}"
        counts = field.type is FieldType.INTEGER and field.unit.casefold() in {*COUNT_UNITS, ""} and is_measure(field)
        if counts and field.name != period_field(layer) and SENSITIVE.search(about):
            values = numbers(layer, field)
            if not FACILITIES.search(f"{plain(field)} {field.unit}".casefold()):
                small = np.flatnonzero((values > 0) & (values < SMALL))
                if len(small):
                    yield Fault({"count": len(small), "value": float(values[small[0]])}, int(small[0]), field)


def nobody_is_alone_in_what_is_known(layer: Layer, context: Context) -> Iterator[Fault]:
    """k-anonymity of tables with one row for each person or household, with or without names."""
    title, keywords = context.metadata.get("title", ""), context.metadata.get("keywords") or ""
    said = " ".join([str(title), str(keywords), layer.name, *map(plain, layer.fields)]).replace("_", " ")
    filled = [field for field in layer.fields if layer.columns[field.name].null_count < len(layer)]
    own = [field for field in filled if not is_count(field) and (_is_sex(field) or _is_age(field))]
    known = [field for field in filled if field in own or (words(field) & KNOWN and not is_count(field))]
    figures = [field for field in measures(layer) if field not in known and not words(field) & OF_ONE]
    if own and len(known) > 1 and not figures and THEMES.search(said):
        group = groups(layer, [field.name for field in known])
        alike = np.bincount(group)
        if few := int(alike[alike < SMALL].sum()):
            columns = ", ".join(dict.fromkeys(map(plain, known)))[:200]
            told: Params = {"columns": columns, "count": few, "total": len(layer), "single": int((alike == 1).sum())}
            yield Fault({**told, "least": SMALL})


def _is_age(field: Field) -> bool:
    return bool(words(field) & AGES) and words(field) <= AGES | BESIDE_AGES


def _is_sex(field: Field) -> bool:
    return bool(words(field) & SEXES) or words(field) == {"l", "p"}


def points_are_no_homes(layer: Layer, context: Context) -> Iterator[Fault]:
    if context.kind is Kind.GEOSPATIAL and layer.geometry is not None and len(layer):
        kinds = shapely.get_type_id(layer.geometry)
        said = " ".join([str(context.metadata.get("title", "")), layer.name, *map(plain, layer.fields)])
        if np.isin(kinds, (0, 4)).any() and (match := HOUSEHOLDS.search(said.replace("_", " "))):
            yield Fault({"word": match[0].lower(), "count": int(np.isin(kinds, (0, 4)).sum())})
