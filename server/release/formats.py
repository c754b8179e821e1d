"""What a release can be taken home as: files that are ready with it, and files that are made when somebody asks.

Those are written from data.gpkg batch by batch, so that memory does not grow with the layer.
"""

import math
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from server.crs84 import from_crs84
from server.release.dictionary import fields_of
from server.release.downloads import LONGEST_CELL
from server.release.features import read_features, rounded
from server.release.geopackage import CHUNK, WKB, add_layer, aliases, has_gaps
from workflow.errors import NotFound
from workflow.labels import angka
from workflow.layer import FieldType

Entry = Mapping[str, Any]
Manifest = Mapping[str, Any]
Change = Callable[[pa.RecordBatch], pa.RecordBatch]
LONGEST_SHEET = 1_048_575
"""Rows of Excel below the titles."""
LONG_TEXT, CUT = 16_000, " … (dipotong: sel Excel menampung 32.767 huruf)"
BOX = pa.struct([(edge, pa.float64()) for edge in ("xmin", "ymin", "xmax", "ymax")])


@dataclass(frozen=True)
class Format:
    """`size` is what is to be expected for one byte of GeoJSON (of data.gpkg for a GeoPackage), where it is made."""

    name: str
    use: str
    icon: str
    media_type: str
    size: float | None = None


_SAID = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
READY = {file: Format(**said) for file, said in _SAID["ready"].items()}
MADE = {file: Format(**said) for file, said in _SAID["made"].items()}
GEOPACKAGE = READY["data.gpkg"].media_type
SRGI2013 = {str(code) for code in (9469, 9470, *range(9476, 9483), *range(9487, 9495))}
OF_TABLES = ("data.xlsx", "data.parquet")


@dataclass(frozen=True)
class Zone:
    """A UTM zone. `datum` is that of the data's source: SRGI2013, and WGS 84 for every other."""

    number: int
    half: str
    datum: str
    epsg: int

    @property
    def file(self) -> str:
        return f"data-utm{self.number}{self.half.lower()}.gpkg"


def utm_zone(entry: Entry) -> Zone | None:
    """The zone in which the middle of the layer lies."""
    if not entry["bbox"]:
        return None
    west, south, east, north = entry["bbox"]
    number = min(60, math.floor(((west + east) / 2 + 180) / 6) + 1)
    half, wgs, srgi = ("S", 32700, 9440) if south + north < 0 else ("N", 32600, 9430)
    if str(entry.get("source_crs")).removeprefix("EPSG:") in SRGI2013 and f"{srgi + number}" in SRGI2013:
        return Zone(number, half, "SRGI2013", srgi + number)
    return Zone(number, half, "WGS 84", wgs + number)


def made_formats(entry: Entry) -> dict[str, Format]:
    """What can be asked for of a collection, by file name."""
    short = entry["count"] <= LONGEST_SHEET
    found = {name: MADE[name] for name in MADE if short or name != "data.xlsx"}
    if entry["type"] == "table":
        return {name: format for name, format in found.items() if name in OF_TABLES}
    zone = utm_zone(entry)
    if zone is None:
        return found
    use = f"koordinat meter, untuk mengukur; {zone.datum}, EPSG:{zone.epsg}"
    return found | {zone.file: Format(f"GeoPackage UTM {zone.number}{zone.half}", use, "polygon", GEOPACKAGE, 1)}


def refuse_too_long(entry: Entry, name: str) -> None:
    """Raises NotFound for what the format cannot hold."""
    if name == "data.xlsx" and entry["count"] > LONGEST_SHEET:
        raise NotFound.of("too_long_for_excel", most=angka(LONGEST_SHEET), count=angka(entry["count"]))


def write(target: Path, name: str, folder: Path, entry: Entry) -> None:
    """Writes one format of a collection whose data.gpkg and rendered features lie in `folder`."""
    kind = Path(name).suffix
    with _read(folder, with_ids=kind == ".fgb" and entry["key"] is None) as (meta, reader):
        if kind == ".gpkg":
            zone = utm_zone(entry)
            assert zone is not None  # noqa: S101 - it is in the name
            copy_layer(reader, meta, target, entry, entry["title"], epsg=zone.epsg)
            return
        stream = _changed(reader, _in_own_zone(reader.schema, folder, entry))
        if kind == ".xlsx":
            rows = _changed(stream, _for_excel(meta, folder, entry))
            pyogrio.write_arrow(rows, target, layer="Data", driver="XLSX")
        elif kind == ".parquet":
            _write_parquet(stream, meta, target, entry)
        else:
            _write_with_gdal(stream, meta, target, folder, entry)


@contextmanager
def _read(folder: Path, with_ids: bool = False) -> Iterator[tuple[dict[str, Any], pa.RecordBatchReader]]:
    path = folder / "data.gpkg"
    with pyogrio.open_arrow(path, layer="data", use_pyarrow=True, batch_size=CHUNK, return_fids=with_ids) as found:
        yield found


def write_all(target: Path, releases: Sequence[tuple[Path, Manifest]]) -> None:
    """One GeoPackage with a layer for each collection, under the collection's id."""
    titles: set[str] = set()
    for folder, manifest in releases:
        for entry in manifest["collections"]:
            title = entry["title"] if entry["title"] not in titles else f"{entry['title']} ({entry['id']})"
            titles.add(title)
            with _read(folder / entry["folder"]) as (meta, reader):
                copy_layer(reader, meta, target, entry, title)


def copy_layer(
    reader: pa.RecordBatchReader, meta: Manifest, target: Path, entry: Entry, title: str, epsg: int = 4326
) -> None:
    kind = meta["geometry_type"] if entry["type"] == "features" else None
    stream = reader if epsg == 4326 else _changed(reader, _moved(epsg))
    add_layer(stream, target, name=entry["id"], title=title, fields=fields_of(entry), kind=kind, crs=f"EPSG:{epsg}")


def _changed(reader: pa.RecordBatchReader, change: Change) -> pa.RecordBatchReader:
    """The same batches, each changed; an empty one shows what comes out."""
    schema = change(pa.RecordBatch.from_pylist([], schema=reader.schema)).schema
    return pa.RecordBatchReader.from_batches(schema, map(change, reader))


def _moved(epsg: int) -> Change:
    """Full doubles from CRS84 to metres; heights stay."""
    way = from_crs84(CRS.from_epsg(epsg), always_xy=True)

    def moved(batch: pa.RecordBatch) -> pa.RecordBatch:
        shapes = _shapes(batch)
        projected = shapely.transform(
            shapes,
            lambda xyz: np.column_stack([*way.transform(xyz[:, 0], xyz[:, 1]), *xyz.T[2:]]),
            include_z=bool(shapely.has_z(shapes).any()),
        )
        wkb = pa.array(shapely.to_wkb(projected, output_dimension=3, flavor="iso"), pa.binary())
        return batch.set_column(batch.schema.get_field_index(WKB.name), WKB, wkb)

    return moved


def _shapes(batch: pa.RecordBatch) -> NDArray[np.object_]:
    return np.asarray(shapely.from_wkb(batch.column(WKB.name).to_numpy(zero_copy_only=False)))


def _in_own_zone(schema: pa.Schema, folder: Path, entry: Entry) -> Change:
    """Takes the Z again from moments that have no zone where the features were rendered."""
    moments = {said["name"] for said in entry["fields"] if said["type"] == FieldType.DATETIME}
    bare: set[str] = set()
    for line in read_features(folder) if moments else ():
        said = {name: value for name, value in orjson.loads(line)["properties"].items() if name in moments and value}
        bare |= {name for name, value in said.items() if not value.endswith("Z")}
        if not (moments := moments - said.keys()):
            break
    own = pa.schema([field.with_type(pa.timestamp("ms")) if field.name in bare else field for field in schema])
    return lambda batch: batch.cast(own)


def _for_excel(meta: Manifest, folder: Path, entry: Entry) -> Change:
    """Titles as names, points with their coordinates and other shapes without. What Excel cannot keep is text.

    That are numbers of more than fifteen digits and days before March 1900; of long text it says that it is cut.
    """
    fields = fields_of(entry)
    titles = [
        alias + (f" ({field.unit})" if field.unit else "") for alias, field in zip(aliases(fields), fields, strict=True)
    ]
    places = ("Bujur", "Lintang") if str(meta["geometry_type"]).startswith("Point") else ()
    points = [name if name not in titles else f"{name} (letak)" for name in places]
    names = [said["name"] for said in entry["fields"]]
    with _read(folder) as (_, reader):
        inexact = {name for batch in reader for name in names if not _fits_excel(batch.column(name))}

    def changed(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = ((batch.column(name), name in inexact) for name in names)
        cells = [
            _text(cells.cast(pa.string())) if text or cells.type == pa.string() else cells for cells, text in columns
        ]
        if points:
            shapes = rounded(_shapes(batch))
            edges = (shapely.get_x(shapes), shapely.get_y(shapes))
            cells += [pa.array(edge, pa.float64(), from_pandas=True) for edge in edges]
        return pa.RecordBatch.from_arrays(cells, names=titles + points)

    return changed


def _fits_excel(values: pa.Array) -> bool:
    if pa.types.is_integer(values.type):
        return not pc.any(pc.greater_equal(pc.abs(values.cast(pa.float64(), safe=False)), 1e15)).as_py()
    if pa.types.is_temporal(values.type):
        return not pc.any(pc.less(values.cast(pa.date32()), date(1900, 3, 1))).as_py()
    return True


def _text(values: pa.Array) -> pa.Array:
    """What looks like an escape of Excel is one itself, and signs that XML lacks are seen to be missing."""
    long = pc.and_(pc.greater(pc.utf8_length(values), LONG_TEXT), pc.greater(pc.binary_length(values), LONGEST_CELL))
    values = pc.if_else(
        long, pc.binary_join_element_wise(pc.utf8_slice_codeunits(values, 0, LONG_TEXT), CUT, ""), values
    )
    values = pc.replace_substring_regex(values, r"_x([0-9A-Fa-f]{4})_", r"_x005F_x\1_")
    return pc.replace_substring_regex(values, "[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd")


def _write_parquet(stream: pa.RecordBatchReader, meta: Manifest, target: Path, entry: Entry) -> None:
    """GeoParquet 1.1 with a box for each feature, so that readers skip what lies elsewhere; a table plainly."""
    if entry["type"] == "features":
        stream = _changed(stream, _with_boxes)
        known = [] if meta["geometry_type"] == "Unknown" else [meta["geometry_type"]]
        edges = {edge: ["bbox", edge] for edge in BOX.names}
        column = {
            "encoding": "WKB",
            "geometry_types": known,
            "crs": CRS("OGC:CRS84").to_json_dict(),
            "orientation": "counterclockwise",
            "covering": {"bbox": edges},
            **({"bbox": entry["bbox"]} if entry["bbox"] else {}),
        }
        geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
        said = {"geo": orjson.dumps(geo)}
    else:
        said = None
    with pq.ParquetWriter(target, stream.schema.with_metadata(said), compression="zstd") as writer:
        for batch in stream:
            writer.write_batch(batch)


def _with_boxes(batch: pa.RecordBatch) -> pa.RecordBatch:
    at = batch.schema.get_field_index(WKB.name)
    edges = [pa.array(edge, pa.float64()) for edge in shapely.bounds(_shapes(batch)).reshape(-1, 4).T]
    empty = pa.array(np.isnan(edges[0].to_numpy()))
    boxes = pa.StructArray.from_arrays(edges, names=BOX.names, mask=empty)
    columns = [*batch.columns[:at], batch.column(at), *batch.columns[at + 1 :], boxes]
    names = ["geometry" if name == WKB.name else name for name in batch.schema.names]
    return pa.RecordBatch.from_arrays(columns, names=[*names, "bbox"])


def _with_iso_dates(batch: pa.RecordBatch) -> pa.RecordBatch:
    fields = [field.with_type(pa.string()) if pa.types.is_date(field.type) else field for field in batch.schema]
    return batch.cast(pa.schema(fields))


def _write_with_gdal(stream: pa.RecordBatchReader, meta: Manifest, target: Path, folder: Path, entry: Entry) -> None:
    layer = entry["id"]
    options: dict[str, Any] = {"layer_options": {"SPATIAL_INDEX": "NO" if has_gaps(folder / "data.gpkg") else "YES"}}
    if target.suffix == ".kml":
        names = [said["name"] for said in entry["fields"]]
        named = next((name for name in names if "nama" in name), entry["key"] or "")
        options, layer = {"dataset_options": {"NameField": named}}, layer.replace("-", "_")
        stream = _changed(stream, _with_iso_dates)
    pyogrio.write_arrow(
        stream,
        target,
        layer=layer,
        driver="KML" if target.suffix == ".kml" else "FlatGeobuf",
        geometry_name=WKB.name,
        geometry_type=meta["geometry_type"],
        crs="EPSG:4326",
        **options,
    )
