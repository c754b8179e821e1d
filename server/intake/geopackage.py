"""GeoPackages, looked at with SQLite before GDAL opens one: plain tables only, and nothing in the file may run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from server.intake import choice
from workflow.errors import BadUpload
from workflow.findings import Finding, Severity

_STEPS_AT_MOST = 20_000  # of 10,000 instructions each
_OWN_TRIGGERS = ("rtree_", "gpkg_", "trigger_insert_feature_count_", "trigger_delete_feature_count_")
_HELPERS = frozenset({"layer_styles", "qgis_projects"})


@dataclass(frozen=True)
class Table:
    """`crs` is a code or WKT, None where the file gives none."""

    name: str
    count: int
    crs: str | None
    remarks: tuple[Finding, ...]


def look_at(path: Path, wanted: str) -> Table:
    """Raises BadUpload: GPKG_BROKEN, GPKG_CODE, LAYER_CHOICE, COLUMNS, EMPTY."""
    with _opened(path) as database:
        if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise _broken()
        name = choice.one(_layers(database, wanted), wanted, "lapis")
        kind = database.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        if kind is None:
            raise _broken()
        if kind[0] != "table" or str(kind[1]).upper().startswith("CREATE VIRTUAL"):
            raise BadUpload(
                f"Lapis “{name[:60]}” bukan tabel biasa melainkan tampilan (view) atau tabel semu.",
                code="GPKG_CODE",
                mend="Ekspor lapis itu ke GeoPackage baru, lalu unggah lagi.",
            )
        quoted = _quoted(name)
        columns = len(database.execute(f"PRAGMA table_xinfo({quoted})").fetchall())
        if columns > choice.COLUMNS_AT_MOST:
            raise choice.too_many_columns(columns)
        (count,) = database.execute(f"SELECT count(*) FROM {quoted}").fetchone()  # noqa: S608 - a quoted identifier
        if not count:
            raise choice.empty(f"Lapis “{name[:60]}” tidak berisi satu baris pun")
        return Table(name, count, _crs(database, name), _remarks(database))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
    database.text_factory = lambda text: text.decode("utf-8", "replace")
    steps = iter(range(_STEPS_AT_MOST))
    database.set_progress_handler(lambda: next(steps, None) is None, 10_000)
    try:
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA query_only = ON")
        database.execute("PRAGMA cell_size_check = ON")
        yield database
    except sqlite3.Error:
        raise _broken() from None
    finally:
        database.close()


def _layers(database: sqlite3.Connection, wanted: str) -> list[str]:
    """Layers with geometry; tables without only where there is no such layer, or where one of them is wanted."""
    rows = database.execute("SELECT table_name, data_type FROM gpkg_contents ORDER BY table_name").fetchall()
    with_geometry = [str(name) for name, kind in rows if kind == "features"]
    tables = [str(name) for name, kind in rows if kind == "attributes" and name not in _HELPERS]
    if not with_geometry and not tables:
        raise BadUpload(
            "GeoPackage ini tidak memuat lapis vektor atau tabel.",
            code="EMPTY",
            mend="Simpan lapis vektor ke dalamnya; citra dan ubin belum didukung.",
        )
    return tables if wanted in tables else with_geometry or tables


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _crs(database: sqlite3.Connection, name: str) -> str | None:
    row = database.execute(
        "SELECT s.srs_id, s.organization, s.organization_coordsys_id, s.definition FROM gpkg_geometry_columns AS g"
        " JOIN gpkg_spatial_ref_sys AS s USING (srs_id) WHERE g.table_name = ?",
        (name,),
    ).fetchone()
    if row is None or row[0] in (0, -1):
        return None
    _, organization, code, definition = row
    if str(definition).strip().lower() in ("undefined", ""):
        return f"{organization}:{code}"
    return f"EPSG:{code}" if str(organization).upper() == "EPSG" and "[" in str(definition) else str(definition)


def _remarks(database: sqlite3.Connection) -> tuple[Finding, ...]:
    rows = database.execute("SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchall()
    code = [str(name) for kind, name in rows if kind == "view" or not str(name).startswith(_OWN_TRIGGERS)]
    return (Finding("GPKG_CODE", Severity.INFORMS, {"names": ", ".join(code[:10])[:300]}),) if code else ()


def _broken() -> BadUpload:
    return BadUpload(
        "GeoPackage ini rusak atau belum terunggah seluruhnya.",
        code="GPKG_BROKEN",
        mend="Tutup berkas di QGIS, simpan ulang sebagai GeoPackage baru, lalu unggah lagi.",
    )
