"""GeoPackages, looked at with SQLite before GDAL opens one: plain tables only, and nothing in the file may run."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from server.intake import refusals
from server.intake.content import Content, Format
from server.intake.crs import identify
from server.intake.refusals import refused
from workflow.findings import Finding, Severity

_STEPS_AT_MOST = 20_000  # of 10,000 instructions each
_OWN_TRIGGERS = ("rtree_", "gpkg_", "trigger_insert_feature_count_", "trigger_delete_feature_count_")
_HELPERS = frozenset({"layer_styles", "qgis_projects"})


def look_at(path: Path, link: Path, wanted: str) -> Content:
    """Raises BadUpload: GPKG_BROKEN, GPKG_CODE, LAYER_CHOICE, COLUMNS, EMPTY."""
    with _opened(path) as database:
        if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise refused("GPKG_BROKEN")
        name = refusals.one(_layers(database, wanted), wanted, "lapis")
        kind = database.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        if kind is None:
            raise refused("GPKG_BROKEN")
        if kind[0] != "table" or str(kind[1]).upper().startswith("CREATE VIRTUAL"):
            raise refused("GPKG_CODE", name=name)
        quoted = '"' + name.replace('"', '""') + '"'
        refusals.refuse_too_many_columns(columns := _columns(database, name, quoted))
        (count,) = database.execute(f"SELECT count(*) FROM {quoted}").fetchone()  # noqa: S608 - a quoted identifier
        if not count:
            raise refused("EMPTY", "layer", name=name)
        crs, remarks = _crs(database, name), _remarks(database)
    return Content(
        Format.GPKG, link, count, crs and identify(crs), name=name, layer=name, remarks=remarks, columns=columns
    )


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
    except (sqlite3.Error, UnicodeDecodeError):  # SQLite quotes what it cannot read in its messages
        raise refused("GPKG_BROKEN") from None
    finally:
        database.close()


def _layers(database: sqlite3.Connection, wanted: str) -> list[str]:
    """Layers with geometry; tables without only where there is no such layer, or where one of them is wanted."""
    rows = database.execute("SELECT table_name, data_type FROM gpkg_contents ORDER BY table_name").fetchall()
    with_geometry = [str(name) for name, kind in rows if kind == "features"]
    tables = [str(name) for name, kind in rows if kind == "attributes" and name not in _HELPERS]
    if not with_geometry and not tables:
        raise refused("EMPTY", "geopackage")
    return tables if wanted in tables else with_geometry or tables


def _columns(database: sqlite3.Connection, name: str, quoted: str) -> int:
    """Without geometry, and without the number that only counts the rows."""
    columns = database.execute(f"PRAGMA table_xinfo({quoted})").fetchall()
    asked = "SELECT lower(column_name) FROM gpkg_geometry_columns WHERE table_name = ?"
    shapes = {str(row[0]) for row in database.execute(asked, (name,))}
    keys = [f"{label} {kind}".lower() for _, label, kind, _, _, is_key, _ in columns if is_key]
    beside = [label for _, label, *_ in columns if str(label).lower() not in shapes]
    return len(beside) - (keys in (["fid integer"], ["ogc_fid integer"]))


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
