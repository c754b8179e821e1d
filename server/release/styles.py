"""The look that a layer brings along inside its GeoPackage: QGIS opens it drawn in the portal's colours."""

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

TABLE = """
CREATE TABLE IF NOT EXISTS layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT,
    styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier)
    VALUES ('layer_styles', 'attributes', 'layer_styles');
"""
ROW = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
    styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, 'geom', 'Sebar', ?, ?, 1, '', '')
"""

# By kind of geometry: nila, filled at 0.55 under a line of 1.2 px.
TEMPLATES = Path(__file__).with_name("templates")
KINDS = ("Point", "LineString", "Polygon")


def style(name: str, geometry_type: str | None, titles: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Table, QML and SLD; None where no one symbol fits. `titles` of columns, for a GDAL that gives QGIS none."""
    kind = (geometry_type or "").removeprefix("Multi").partition(" ")[0]
    if kind not in KINDS:
        return None
    aliases = "".join(f"<alias field={quoteattr(key)} name={quoteattr(title)}/>" for key, title in titles.items())
    said = {"aliases": f"<aliases>{aliases}</aliases>", "name": name}
    qml, sld = ((TEMPLATES / f"{kind.lower()}.{end}").read_text().format(**said) for end in ("qml", "sld"))
    return name, qml, sld
