"""The printed side of the SOP."""

from __future__ import annotations

ISSUED: dict[str, str] = {
    "tanda_terima": "Tanda terima input data",
    "berita_acara_verifikasi": "Berita Acara verifikasi data",
    "surat_pengembalian": "Surat pengembalian data",
    "lembar_pengesahan": "Lembar pengesahan data",
    "catatan_pengesahan": "Catatan pengesahan di atas kertas",
    "bukti_penyebarluasan": "Bukti penyebarluasan data",
    "surat_penarikan": "Surat penarikan data",
    "bukti_pemberlakuan": "Bukti pemberlakuan kembali rilis",
}
"""Kinds of the documents that are issued here, and their names."""
