"""Words, icons and tones of the pages, and the Jinja environment that knows them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import Flask

from workflow import labels
from workflow.findings import Severity
from workflow.sop import Kind, Status

WIB = ZoneInfo("Asia/Jakarta")


class Look(NamedTuple):
    """How a state is shown: Phosphor icon, tone of sebar.css, and the word where labels.py has none."""

    icon: str
    tone: str
    word: str = ""


STATUS_LOOK: dict[Status, Look] = {
    Status.DRAFT: Look("circle-dashed", "muted"),
    Status.SUBMITTED: Look("paper-plane-tilt", "nila"),
    Status.RETURNED: Look("arrow-u-up-left", "soga"),
    Status.VERIFIED: Look("check-circle", "nila"),
    Status.APPROVED: Look("seal-check", "hijau"),
    Status.PUBLISHED: Look("globe-hemisphere-east", "hijau"),
    Status.SUPERSEDED: Look("stack", "muted"),
    Status.WITHDRAWN: Look("prohibit", "merah"),
}

SEVERITIES: dict[Severity, Look] = {
    Severity.BLOCKS: Look("warning-octagon", "merah", labels.SEVERITIES[Severity.BLOCKS]),
    Severity.WARNS: Look("warning", "kunyit", labels.SEVERITIES[Severity.WARNS]),
    Severity.INFORMS: Look("info", "nila", labels.SEVERITIES[Severity.INFORMS]),
}

STEP_WORDS = ("Input", "Verifikasi", "Pengesahan", "Terbit")

STAGES: dict[Status, int] = {
    Status.DRAFT: 1,
    Status.RETURNED: 1,
    Status.SUBMITTED: 2,
    Status.VERIFIED: 3,
    Status.APPROVED: 4,
    Status.PUBLISHED: 5,
    Status.SUPERSEDED: 5,
    Status.WITHDRAWN: 5,
}

KINDS: dict[Kind, Look] = {
    Kind.GEOSPATIAL: Look("map-trifold", "", "Peta"),
    Kind.STATISTICS: Look("chart-bar", "", "Statistik"),
}

# MD_TopicCategoryCode of ISO 19115.
TOPICS: dict[str, Look] = {
    "boundaries": Look("polygon", "", "Batas wilayah"),
    "society": Look("users", "", "Kependudukan dan masyarakat"),
    "economy": Look("storefront", "", "Ekonomi"),
    "health": Look("first-aid-kit", "", "Kesehatan"),
    "structure": Look("buildings", "", "Bangunan dan sarana"),
    "transportation": Look("path", "", "Perhubungan"),
    "inlandWaters": Look("waves", "", "Sungai dan perairan"),
    "oceans": Look("waves", "", "Pesisir dan laut"),
    "environment": Look("leaf", "", "Lingkungan hidup"),
    "farming": Look("plant", "", "Pertanian dan perikanan"),
    "planningCadastre": Look("map-pin", "", "Tata ruang"),
    "utilitiesCommunication": Look("link-simple", "", "Utilitas dan komunikasi"),
    "elevation": Look("mountains", "", "Ketinggian"),
    "geoscientificInformation": Look("mountains", "", "Kebumian"),
    "climatologyMeteorologyAtmosphere": Look("waves", "", "Cuaca dan iklim"),
    "biota": Look("plant", "", "Flora dan fauna"),
    "imageryBaseMapsEarthCover": Look("map-trifold", "", "Peta dasar dan tutupan lahan"),
    "intelligenceMilitary": Look("flag", "", "Pertahanan"),
    "location": Look("map-pin", "", "Lokasi dan alamat"),
    "extraTerrestrial": Look("circle", "", "Antariksa"),
    "disaster": Look("warning", "", "Kebencanaan"),
}

# MD_MaintenanceFrequencyCode of ISO 19115.
FREQUENCIES: dict[str, str] = {
    "continual": "terus-menerus",
    "daily": "harian",
    "weekly": "mingguan",
    "fortnightly": "dua mingguan",
    "monthly": "bulanan",
    "quarterly": "triwulanan",
    "biannually": "tengah tahunan",
    "annually": "tahunan",
    "biennially": "dua tahunan",
    "asNeeded": "bila diperlukan",
    "irregular": "tidak teratur",
    "notPlanned": "tidak direncanakan",
    "unknown": "tidak diketahui",
}

LICENSES: dict[str, tuple[str, str]] = {
    "CC-BY-4.0": (
        "Creative Commons Atribusi 4.0 (CC BY 4.0)",
        "Boleh dipakai, diubah dan dibagikan, juga untuk usaha, dengan menyebut sumbernya.",
    ),
    "CC-BY-SA-4.0": (
        "Creative Commons Atribusi-BerbagiSerupa 4.0 (CC BY-SA 4.0)",
        "Boleh dipakai dan diubah dengan menyebut sumbernya; hasil ubahan dibagikan dengan lisensi yang sama.",
    ),
    "CC0-1.0": ("Creative Commons Nol (CC0 1.0)", "Boleh dipakai untuk apa pun tanpa syarat."),
    "ODbL-1.0": (
        "Open Database License 1.0 (ODbL)",
        "Boleh dipakai dan diubah dengan menyebut sumbernya; basis data turunan dibagikan dengan lisensi yang sama.",
    ),
}

TYPES: dict[str, str] = {
    "string": "teks",
    "integer": "bilangan bulat",
    "number": "bilangan",
    "boolean": "ya/tidak",
    "date": "tanggal",
    "date-time": "tanggal dan waktu",
}

PLACES = {"file": "berkas", "sheet": "lembar", "row": "baris", "column": "kolom", "feature": "fitur", "field": "isian"}


def day_of(moment: date | str) -> date:
    """The day in WIB of a day, a moment, or either written as ISO 8601."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        return (moment.astimezone(WIB) if moment.tzinfo else moment).date()
    return moment


def tanggal(moment: date | str) -> str:
    return labels.tanggal(day_of(moment))


def hari_tanggal(moment: date | str) -> str:
    return labels.hari_tanggal(day_of(moment))


def pukul(moment: datetime) -> str:
    """15.42 WIB"""
    return f"{moment.astimezone(WIB):%H.%M} WIB"


def place(where: Mapping[str, Any]) -> str:
    """Where a fault is, in words: "berkas jalan.zip, baris 14, kolom kode_kel"."""
    return ", ".join(f"{word} {where[name]}" for name, word in PLACES.items() if where.get(name) not in (None, ""))


def ukuran(count: int) -> str:
    """Bytes as people say them: "12,3 MB"."""
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{labels.angka(round(size, 1) if size < 100 and unit != 'B' else round(size))} {unit}"


def equip(app: Flask) -> None:
    """Gives every template of this application the filters and words that base.html and parts.html use."""
    app.jinja_env.filters.update(
        tanggal=tanggal, hari_tanggal=hari_tanggal, pukul=pukul, angka=labels.angka, ukuran=ukuran, place=place
    )
    app.jinja_env.globals.update(
        STATUSES=labels.STATUSES,
        STATUS_LOOK=STATUS_LOOK,
        SEVERITIES=SEVERITIES,
        STEP_WORDS=STEP_WORDS,
        STAGES=STAGES,
        KINDS=KINDS,
        TOPICS=TOPICS,
        FREQUENCIES=FREQUENCIES,
        LICENSES=LICENSES,
        TYPES=TYPES,
    )
    # The portal knows it; a page outside the whole application draws its map on plain paper.
    app.jinja_env.globals.setdefault("base_map", lambda: None)
