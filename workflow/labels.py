"""Every word of the SOP that people read, in Indonesian."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from workflow.findings import Finding, Principle, Severity
from workflow.sop import Role, Status

STATUSES: dict[Status, str] = {
    Status.DRAFT: "Konsep",
    Status.SUBMITTED: "Diajukan",
    Status.RETURNED: "Dikembalikan",
    Status.VERIFIED: "Terverifikasi",
    Status.APPROVED: "Disetujui",
    Status.PUBLISHED: "Tersebarluaskan",
    Status.SUPERSEDED: "Digantikan",
    Status.WITHDRAWN: "Ditarik",
}

ROLES: dict[Role, str] = {
    Role.PRODUSEN_DATA: "Produsen Data",
    Role.WALIDATA: "Walidata",
    Role.PEMBINA_DATA: "Pembina Data",
    Role.ADMIN: "Admin",
}

STEPS: dict[str, str] = {
    "submit": "Kirim ke Walidata",
    "verify": "Nyatakan terverifikasi",
    "approve": "Setujui",
    "publish": "Sebarluaskan",
    "return": "Kembalikan",
    "approve_on_paper": "Catat pengesahan di atas kertas",
    "recall": "Tarik kembali untuk diubah",
    "schedule": "Jadwalkan penyebarluasan",
    "withdraw": "Tarik dari penyebarluasan",
    "restore": "Berlakukan lagi rilis ini",
    "supersede": "Digantikan rilis lain",
}

HAPPENED: dict[str, str] = {
    "submit": "Diajukan ke Walidata",
    "verify": "Dinyatakan terverifikasi",
    "approve": "Disetujui Pembina Data",
    "publish": "Disebarluaskan",
    "return": "Dikembalikan",
    "approve_on_paper": "Disahkan di atas kertas",
    "recall": "Ditarik kembali oleh Produsen Data",
    "schedule": "Penyebarluasan dijadwalkan",
    "withdraw": "Ditarik dari penyebarluasan",
    "restore": "Diberlakukan lagi",
    "supersede": "Digantikan rilis lain",
}

REASONS: dict[str, str] = {
    "candidate_built": "Berkas belum selesai dibaca dan diperiksa.",
    "berita_acara_attached": "Berita Acara pemeriksaan data belum dilampirkan.",
    "metadata_complete": "Metadata belum lengkap: {missing}.",
    "no_blocking_finding": "Masih ada {blocks} temuan yang menghalangi; perbaiki dahulu.",
    "warnings_waived": "Masih ada {warns} peringatan yang belum dikesampingkan dengan alasan.",
    "not_the_submitter": "Yang mengajukan data tidak boleh memeriksa atau menyetujuinya.",
    "not_the_verifier": "Yang memverifikasi data tidak boleh menyetujuinya.",
    "pembina_of_this_kind": "Data jenis ini disahkan oleh Pembina Data yang lain.",
    "content_unchanged": "Isi data sudah berubah sejak Anda membukanya; muat ulang halaman ini.",
    "access_is_terbuka": "Hanya data berakses terbuka yang dapat disebarluaskan.",
    "embargo_over": "Data ini dijadwalkan terbit kemudian.",
    "moment_in_the_future": "Tentukan waktu terbit yang akan datang.",
    "reason_given": "Tuliskan alasannya.",
    "scan_attached": "Lampirkan pindaian lembar pengesahan yang ditandatangani.",
    "probe_answered": "Rilis percobaan tidak menjawab dengan benar, jadi belum disebarluaskan.",
}

METADATA_FIELDS: dict[str, str] = {
    "title": "judul",
    "abstract": "abstrak",
    "kind": "jenis data",
    "topic": "tema",
    "keywords": "kata kunci",
    "license": "lisensi",
    "period": "periode",
    "update_frequency": "frekuensi pemutakhiran",
    "lineage": "riwayat data",
    "scale": "skala",
    "access": "akses",
    "contact": "kontak",
    "crs": "sistem koordinat",
    "key": "kolom kunci",
    "concept": "konsep",
    "definition": "definisi",
    "measure": "ukuran",
    "unit": "satuan",
}

PRINCIPLES: dict[Principle, str] = {
    Principle.STANDAR_DATA: "Standar Data",
    Principle.METADATA: "Metadata",
    Principle.INTEROPERABILITAS: "Interoperabilitas",
    Principle.KODE_REFERENSI: "Kode Referensi",
}

SEVERITIES: dict[Severity, str] = {
    Severity.BLOCKS: "Menghalangi",
    Severity.WARNS: "Peringatan",
    Severity.INFORMS: "Keterangan",
}


class Said(NamedTuple):
    """What is wrong (a template), why it matters, how to mend it."""

    sentence: str
    why: str
    mend: str


CHECKS: dict[str, Said] = {
    "METADATA_MISSING": Said(
        "Metadata “{field}” belum diisi.",
        "Tanpa metadata yang lengkap orang tidak tahu apa isi data, dari kapan, dan siapa yang bertanggung jawab.",
        "Isi kolom itu pada halaman metadata.",
    ),
    "BERITA_ACARA_MISSING": Said(
        "Berita Acara pemeriksaan data belum dilampirkan.",
        "Langkah pertama SOP mensyaratkan Berita Acara: ia bukti bahwa data sudah diperiksa di perangkat daerah.",
        "Unggah Berita Acara yang sudah ditandatangani (PDF atau gambar) beserta nomor dan tanggalnya.",
    ),
}


class _Blank(dict[str, object]):
    """A remark may lack a parameter; its sentence is still said."""

    def __missing__(self, key: str) -> str:
        return "…"


def sentence(finding: Finding) -> str:
    """What a finding says, in one Indonesian sentence."""
    if "more" in finding.params:
        return f"… dan {angka(finding.params['more'])} lainnya dengan temuan yang sama."
    said = CHECKS.get(finding.check)
    if said is None:
        return " ".join(str(value) for value in finding.params.values()) or finding.check
    values = {name: angka(value) if isinstance(value, int | float) else value for name, value in finding.params.items()}
    return said.sentence.format_map(_Blank(row=finding.row or "…", column=finding.column or "…") | values)


def why(code: str) -> str:
    return CHECKS[code].why if code in CHECKS else ""


def mend(code: str) -> str:
    return CHECKS[code].mend if code in CHECKS else ""


MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


def tanggal(day: date) -> str:
    """26 Maret 2026"""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def hari_tanggal(day: date) -> str:
    """Kamis, 26 Maret 2026"""
    return f"{DAYS[day.weekday()]}, {tanggal(day)}"


def angka(number: object) -> str:
    """1.234,5"""
    if not isinstance(number, int | float):
        return str(number)
    return f"{number:,}".translate(str.maketrans(",.", ".,"))
