"""The look that a layer brings along inside its GeoPackage: QGIS opens it drawn in the portal's colours."""

from collections.abc import Mapping
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

# Nila, filled at 0.55 under a line of 1.2 px (0.32 mm).
NILA, NILA_RGB = "#20407A", "32,64,122"
QML = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Fields">{aliases}<renderer-v2 type="singleSymbol" symbollevels="0" \
enableorderby="0" forceraster="0"><symbols><symbol type="{type}" name="0" alpha="1" clip_to_extent="1" \
force_rhr="0"><layer class="{layer}" enabled="1" locked="0" pass="0">{props}</layer></symbol></symbols>\
<rotation/><sizescale/></renderer-v2><blendMode>0</blendMode><featureBlendMode>0</featureBlendMode>\
<layerOpacity>1</layerOpacity></qgis>"""
SLD = """<StyledLayerDescriptor xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc" \
version="1.0.0"><NamedLayer><Name>{name}</Name><UserStyle><FeatureTypeStyle><Rule>{symbol}</Rule></FeatureTypeStyle>\
</UserStyle></NamedLayer></StyledLayerDescriptor>"""
FILL = f'<Fill><CssParameter name="fill">{NILA}</CssParameter><CssParameter name="fill-opacity">0.55</CssParameter>'
STROKE = f'<Stroke><CssParameter name="stroke">{NILA}</CssParameter><CssParameter name="stroke-width">1.2'
POINT = "<WellKnownName>circle</WellKnownName>"
OUTLINE = {"outline_color": f"{NILA_RGB},255", "outline_style": "solid", "outline_width": "0.32"}

# By kind of geometry: QGIS's words for the symbol and for its layer, their properties, and the same as SLD.
SYMBOLS: Mapping[str, tuple[str, str, Mapping[str, str], str]] = {
    "Point": (
        "marker",
        "SimpleMarker",
        {"name": "circle", "color": f"{NILA_RGB},140", "size": "2.4", **OUTLINE},
        f"<PointSymbolizer><Graphic><Mark>{POINT}{FILL}</Fill>{STROKE}</CssParameter></Stroke></Mark>"
        "<Size>9</Size></Graphic></PointSymbolizer>",
    ),
    "LineString": (
        "line",
        "SimpleLine",
        {"line_color": f"{NILA_RGB},255", "line_width": "0.5", "capstyle": "round", "joinstyle": "round"},
        f"<LineSymbolizer>{STROKE}</CssParameter></Stroke></LineSymbolizer>",
    ),
    "Polygon": (
        "fill",
        "SimpleFill",
        {"color": f"{NILA_RGB},140", "style": "solid", "joinstyle": "bevel", **OUTLINE},
        f"<PolygonSymbolizer>{FILL}</Fill>{STROKE}</CssParameter></Stroke></PolygonSymbolizer>",
    ),
}


def style(name: str, geometry_type: str | None, titles: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Table, QML and SLD; None where no one symbol fits. `titles` of columns, for a GDAL that gives QGIS none."""
    found = SYMBOLS.get((geometry_type or "").removeprefix("Multi").partition(" ")[0])
    if found is None:
        return None
    type, layer, properties, symbol = found
    props = "".join(f'<prop k="{key}" v="{value}"/>' for key, value in properties.items())
    aliases = "".join(f"<alias field={quoteattr(key)} name={quoteattr(title)}/>" for key, title in titles.items())
    qml = QML.format(aliases=f"<aliases>{aliases}</aliases>", type=type, layer=layer, props=props)
    return name, qml, SLD.format(name=name, symbol=symbol)
