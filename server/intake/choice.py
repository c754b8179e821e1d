"""Refusals that every kind of file shares."""

from __future__ import annotations

from collections.abc import Sequence

from workflow.errors import BadUpload

COLUMNS_AT_MOST = 500


def one(names: Sequence[str], wanted: str, kind: str) -> str:
    """The wanted one, or the only one. Raises BadUpload LAYER_CHOICE, with their names, where somebody must choose."""
    if wanted in names:
        return wanted
    if len(names) == 1 and not wanted:
        return names[0]
    listed = ", ".join(f"“{name[:60]}”" for name in names[:20])
    asked = f"tidak memuat {kind} “{wanted[:60]}”; yang ada" if wanted else f"memuat {len(names)} {kind}"
    raise BadUpload(
        f"Berkas ini {asked}: {listed}.",
        code="LAYER_CHOICE",
        mend="Pilih satu yang hendak disebarluaskan; ajukan yang lain tersendiri.",
        where={"layers": [name[:200] for name in names[:200]]},
    )


def too_many_columns(count: int) -> BadUpload:
    return BadUpload(
        f"Berkas ini mempunyai {count} kolom; paling banyak {COLUMNS_AT_MOST}.",
        code="COLUMNS",
        mend="Hapus kolom yang tidak perlu, atau susun data lebar menjadi panjang (satu baris per wilayah dan tahun).",
    )


def empty(what: str) -> BadUpload:
    return BadUpload(
        f"{what}.", code="EMPTY", mend="Periksa berkas di komputer Anda, lalu unggah berkas yang berisi data."
    )
