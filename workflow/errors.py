"""The faults that people and programs can meet.

SebarError
├── NotFound            404  not there, or another agency's
├── Forbidden           403  signed in, but not this role
├── Unauthenticated     401  not signed in
├── Conflict            409  not from this state, or changed meanwhile
│   └── Changed         409  somebody else was first: who and when
├── Unmet               422  a requirement of the step is not met
├── BadRequest          400  the request cannot be understood
├── BadUpload           422  the file cannot be taken: what, where, why, how to mend it
├── TooLarge            413  over a limit
├── Gone                410  withdrawn
└── Broken              500  our own fault, said without details
"""

from collections.abc import Mapping
from typing import Self

from workflow.labels import FAULTS


class SebarError(Exception):
    """A fault with a stable code, an Indonesian sentence and the place where it is.

    `detail` says what and why, `mend` how to mend it; `where` names row, column, file or field.
    """

    code, title = "SEBAR-000", "Terjadi kesalahan"
    usual_mend = ""

    def __init__(
        self, detail: str = "", *, code: str | None = None, mend: str = "", where: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.code = code or type(self).code
        self.mend = mend or self.usual_mend
        self.where = dict(where or {})

    @classmethod
    def of(cls, fault: str, /, *, where: Mapping[str, object] | None = None, **words: object) -> Self:
        """The one that has this name in labels.toml."""
        said = FAULTS[fault]
        detail, mend = (said[part].format(**words) for part in ("detail", "mend"))
        return cls(detail, code=said.get("code"), mend=mend, where=where)


class NotFound(SebarError):
    code, title = "TIDAK-ADA", "Tidak ditemukan"
    usual_mend = "Periksa alamat atau kodenya."


class Forbidden(SebarError):
    code, title = "BUKAN-PERAN", "Bukan wewenang Anda"
    usual_mend = "Minta orang yang berperan itu, atau masuk dengan akun lain."


class Unauthenticated(SebarError):
    code, title = "BELUM-MASUK", "Anda belum masuk"
    usual_mend = "Kirim nama dan kata sandi, atau token yang masih berlaku."


class Conflict(SebarError):
    code, title = "BUKAN-STATUS", "Langkah ini tidak dapat diambil sekarang"
    usual_mend = "Muat ulang halamannya, lalu lihat langkah yang dapat diambil sekarang."


class Changed(Conflict):
    code, title = "SUDAH-BERUBAH", "Orang lain lebih dulu mengubahnya"
    usual_mend = "Muat ulang halamannya, lalu ulangi bila masih perlu."


class Unmet(SebarError):
    """The step's requirements that are not met, as (name, reason) pairs."""

    code, title = "SYARAT", "Syarat langkah ini belum terpenuhi"
    usual_mend = "Penuhi syarat itu, lalu ambil langkah ini lagi."

    def __init__(self, reasons: tuple[tuple[str, str], ...]) -> None:
        where = {"requirements": [{"name": name, "detail": reason} for name, reason in reasons]}
        super().__init__("; ".join(reason for _, reason in reasons), where=where)
        self.reasons = reasons


class BadRequest(SebarError):
    code, title = "PERMINTAAN", "Isian ini perlu diperbaiki"
    usual_mend = "Perbaiki isian itu, lalu kirim lagi."


class BadUpload(SebarError):
    code, title = "BERKAS", "Berkas tidak dapat diterima"
    usual_mend = "Perbaiki berkasnya, lalu unggah lagi."


class TooLarge(SebarError):
    code, title = "TERLALU-BESAR", "Terlalu besar"
    usual_mend = "Bagi berkasnya, atau minta admin menaikkan batas."


class Gone(SebarError):
    code, title = "DITARIK", "Data ini sudah ditarik"
    usual_mend = "Cari penggantinya di daftar data."


class Broken(SebarError):
    code, title = "SERVER", "Terjadi kesalahan di server"
    usual_mend = "Coba lagi; bila terulang, sampaikan kepada admin."
