"""From an uploaded file to a Layer, without ever opening the file here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from server.intake.found import GEOMETRY, ROWS, SOURCE
from server.intake.refusals import refused
from server.intake.sandbox import Limits, Progress, ask_child
from workflow.findings import Finding, Severity
from workflow.layer import Field, FieldType, Layer


@dataclass(frozen=True)
class Reading:
    """`sheet` is what the desk shows of a table beside its rows; see tables.build."""

    layer: Layer
    remarks: tuple[Finding, ...]
    sheet: dict[str, Any] = field(default_factory=dict)


def read_upload(
    path: Path, filename: str, *, reading: Mapping[str, object], crs: str | None, progress: Progress
) -> Reading:
    """Raises BadUpload with what is wrong, where, and how to mend it; Broken where the walls do not stand.

    `reading` says how a table is to be read and which layer or sheet is meant; what it leaves out is found out and
    comes back in Layer.reading. `crs` ("EPSG:n") is used only where the file does not say.
    `progress` is called with the stage ("Kenali", "Baca", "Ubah koordinat") and how many of how many rows are done.
    """
    spec = {"path": str(path.resolve()), "filename": filename, "reading": dict(reading), "crs": crs}
    with ask_child("read", spec, limits=Limits.of(path.stat().st_size), progress=progress) as (said, folder):
        return _reading(said, folder)


def _reading(said: dict[str, Any], folder: Path) -> Reading:
    try:
        with pa.OSFile(str(folder / "table.arrow")) as file:
            table = pa.ipc.open_file(file).read_all()
        table.validate(full=True)
    except (OSError, pa.ArrowException) as fault:  # the child is not trusted either
        raise refused("READ_STOPPED") from fault
    fields = tuple(Field(**{**each, "type": FieldType(each["type"])}) for each in said["fields"])
    layer = Layer(
        name=said["name"],
        fields=fields,
        columns=table.select([field.name for field in fields]),
        rows=table[ROWS].to_numpy() if ROWS in table.column_names else np.arange(1, said["count"] + 1, dtype=np.int64),
        geometry=_shapes(table, GEOMETRY),
        source_geometry=_shapes(table, SOURCE),
        source_crs=said["source_crs"],
        reading=said["reading"],
    )
    remarks = (Finding(**{**each, "severity": Severity(each["severity"])}) for each in said["remarks"])
    return Reading(layer, tuple(remarks), said["sheet"])


def _shapes(table: pa.Table, name: str) -> NDArray[np.object_] | None:
    if name not in table.column_names:
        return None
    return np.asarray(shapely.from_wkb(table[name].to_numpy()), dtype=object)
