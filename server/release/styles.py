"""The look that a layer brings along inside its GeoPackage: QGIS opens it drawn in the portal's colours."""

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

TEMPLATES = Path(__file__).with_name("templates")
"""The looks by kind of geometry: nila, filled at 0.55 under a line of 1.2 px."""
KINDS = ("Point", "LineString", "Polygon")
TABLE = (TEMPLATES / "styles.sql").read_text()
ROW = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
    styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, 'geom', 'Sebar', ?, ?, 1, '', '')
"""


def style(name: str, geometry_type: str | None, titles: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Table, QML and SLD; None where no one symbol fits. `titles` of columns, for a GDAL that gives QGIS none."""
    kind = (geometry_type or "").removeprefix("Multi").partition(" ")[0]
    if kind not in KINDS:
        return None
    aliases = "".join(f"<alias field={quoteattr(key)} name={quoteattr(title)}/>" for key, title in titles.items())
    said = {"aliases": f"<aliases>{aliases}</aliases>", "name": name}
    qml, sld = ((TEMPLATES / f"{kind.lower()}.{end}").read_text().format(**said) for end in ("qml", "sld"))
    return name, qml, sld
