"""The words of the printed documents."""

from __future__ import annotations

from dataclasses import dataclass

from workflow.sop import Role


@dataclass(frozen=True)
class Letter:
    """The document of a step. `kind` is its name among documents, `note` the heading over what the person wrote.

    `signers` are (as, role, who): who is "actor", a field of the submission, or "" for somebody still to come.
    """

    kind: str
    title: str
    opening: str
    closing: str
    signers: tuple[tuple[str, Role, str], ...]
    note: str = ""
    summary: bool = True


LETTERS: dict[str, Letter] = {
    "submit": Letter(
        "tanda_terima",
        "Tanda Terima Input Data",
        (
            "{today} telah diterima melalui Sebar input data dari {agency} sesuai Berita Acara pemeriksaan data, "
            "dengan rincian sebagai berikut."
        ),
        "Data tersebut selanjutnya diperiksa oleh Walidata. Tanda terima ini bukan pengesahan atas isi data.",
        (("Yang menyerahkan", Role.PRODUSEN_DATA, "submitted_by"), ("Yang menerima", Role.WALIDATA, "")),
    ),
    "verify": Letter(
        "berita_acara_verifikasi",
        "Berita Acara Verifikasi Data",
        (
            "{today} Walidata telah memeriksa data {agency} di bawah ini terhadap standar data, metadata, "
            "interoperabilitas serta kode referensi, dan menyatakannya terverifikasi."
        ),
        (
            "Demikian Berita Acara ini dibuat dengan sebenarnya. Verifikasi ini mengikat pada isi data dengan sidik di "
            "bawah; setiap perubahan isi memerlukan verifikasi baru."
        ),
        (("Yang mengajukan", Role.PRODUSEN_DATA, "submitted_by"), ("Yang memverifikasi", Role.WALIDATA, "actor")),
        note="Catatan",
    ),
    "return": Letter(
        "surat_pengembalian",
        "Surat Pengembalian Data",
        "{today} data {agency} di bawah ini dikembalikan kepada {receiver} dengan alasan yang disebut di bawah.",
        (
            "Setelah diperbaiki, data diajukan kembali sebagai putaran berikutnya. Selama data berada pada Produsen "
            "Data, tenggat pemeriksaan tidak berjalan."
        ),
        (("Yang mengembalikan", Role.WALIDATA, "actor"),),
        note="Alasan pengembalian",
    ),
    "approve": Letter(
        "lembar_pengesahan",
        "Lembar Pengesahan Data",
        (
            "{today} Pembina Data mengesahkan data {agency} di bawah ini, yang telah diverifikasi oleh Walidata, untuk "
            "disebarluaskan."
        ),
        "Pengesahan ini berlaku untuk isi data dengan sidik di bawah, dan tidak berlaku lagi bila isinya berubah.",
        (("Yang memverifikasi", Role.WALIDATA, "verified_by"), ("Yang mengesahkan", Role.PEMBINA_DATA, "actor")),
        note="Catatan",
    ),
    "approve_on_paper": Letter(
        "catatan_pengesahan",
        "Catatan Pengesahan di Atas Kertas",
        (
            "{today} Walidata mencatat bahwa Pembina Data telah mengesahkan data {agency} di bawah ini dengan "
            "menandatangani lembar pengesahan di atas kertas. Pindaian lembar itu disimpan bersama catatan ini."
        ),
        "Pengesahan ini berlaku untuk isi data dengan sidik di bawah, dan tidak berlaku lagi bila isinya berubah.",
        (("Yang mencatat", Role.WALIDATA, "actor"),),
        note="Keterangan",
    ),
    "publish": Letter(
        "bukti_penyebarluasan",
        "Bukti Penyebarluasan Data",
        "{today} Walidata menyebarluaskan data {agency} di bawah ini, yang telah disetujui oleh Pembina Data.",
        "Data tersebut terbuka untuk siapa saja pada alamat di atas.",
        (("Yang menyebarluaskan", Role.WALIDATA, "actor"),),
        summary=False,
    ),
    "withdraw": Letter(
        "surat_penarikan",
        "Surat Penarikan Data",
        (
            "{today} Walidata menarik data {agency} di bawah ini dari penyebarluasan, dengan alasan yang disebut di "
            "bawah."
        ),
        "Sejak saat itu data, unduhan dan metadatanya tidak lagi dilayani.",
        (("Yang menarik", Role.WALIDATA, "actor"),),
        note="Alasan penarikan",
        summary=False,
    ),
    "restore": Letter(
        "bukti_pemberlakuan",
        "Bukti Pemberlakuan Kembali Rilis",
        (
            "{today} Walidata memberlakukan kembali rilis data {agency} di bawah ini, dengan alasan yang disebut di "
            "bawah."
        ),
        "Rilis tersebut dilayani kembali dengan isi yang sama persis seperti ketika pertama kali disebarluaskan.",
        (("Yang memberlakukan kembali", Role.WALIDATA, "actor"),),
        note="Alasan",
        summary=False,
    ),
}
TO_WALIDATA = (
    "Walidata memeriksa kembali data ini, lalu mengajukannya lagi atau meneruskannya kepada Produsen Data untuk "
    "diperbaiki."
)
BLANK = Letter(
    "",
    "Lembar Pengesahan Data",
    (
        "Pada hari ini, ______________, tanggal ______________________________, Pembina Data mengesahkan data {agency} "
        "di bawah ini, yang telah diverifikasi oleh Walidata, untuk disebarluaskan."
    ),
    (
        "Pengesahan ini berlaku untuk isi data dengan sidik di bawah, dan tidak berlaku lagi bila isinya berubah. "
        "Lembar yang telah ditandatangani dipindai dan dicatat oleh Walidata."
    ),
    (("Yang memverifikasi", Role.WALIDATA, "verified_by"), ("Yang mengesahkan", Role.PEMBINA_DATA, "")),
)
"""The lembar pengesahan to print, sign and scan."""
