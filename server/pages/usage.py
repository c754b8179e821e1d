"""What people take home from a dataset's page: files, lines to copy, a citation."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.pages.catalogue import Entry
from server.pages.downloads import ALL, made_name, order_of_all
from server.pages.language import _, counted, tanggal
from server.release.formats import GEOPACKAGE, READY, Format, made_formats
from server.settings import Settings

USES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["uses"]
PAPERS = {
    "metadata.xml": Format("Metadata ISO 19139 (XML)", "untuk simpul JIGN dan GeoNetwork", "file-text", ""),
    "metadata.json": Format("Metadata (JSON)", "catatan OGC API Records", "file-text", ""),
}


@dataclass(frozen=True)
class Download:
    """`bytes` is an estimate where the file is not there yet: `made` on request."""

    address: str
    format: Format
    bytes: float
    there: bool = True


def downloads(entry: Entry, home: Path) -> list[tuple[str, list[Download], list[Download]]]:
    """Every file worth taking, by group: ready ones, and those made on request; one collection needs no group names."""
    many = len(entry.manifest["collections"]) > 1
    groups = [
        (_group(one) if many else "", _ready(entry, _below(one), READY), list(_on_request(entry, one, home)))
        for one in entry.manifest["collections"]
    ]
    return [group for group in (*groups, ("Metadata", _ready(entry, "", PAPERS), [])) if group[1]]


def _below(collection: Mapping[str, Any]) -> str:
    return "" if collection["folder"] == "." else f"{collection['folder']}/"


def _group(collection: Mapping[str, Any]) -> str:
    return _("Peta per wilayah dan periode") if collection.get("geometry_type") else _("Tabel")


def _ready(entry: Entry, below: str, formats: Mapping[str, Format]) -> list[Download]:
    files, address = entry.manifest["files"], f"/data/{entry.id}/{entry.release.number}"
    return [
        Download(f"{address}/{below}{name}", format, said["bytes"])
        for name, format in formats.items()
        if (said := files.get(below + name))
    ]


def _on_request(entry: Entry, collection: Mapping[str, Any], home: Path) -> Iterator[Download]:
    below, address = _below(collection), f"/data/{entry.id}/{entry.release.number}"
    files = entry.manifest["files"]
    for name, format in made_formats(collection).items():
        like = files.get(f"{below}data.gpkg" if name.endswith(".gpkg") else f"{below}data.geojson", {"bytes": 0})
        file = home / "made" / made_name(entry.release, below + name)
        yield _perhaps_there(f"{address}/{below}{name}", format, file, like["bytes"] * (format.size or 1))


def everything(entries: Iterable[Entry], home: Path) -> Download | None:
    """All layers in one file, where there is any."""
    releases = [entry.release for entry in entries]
    count = sum(len(release.manifest["collections"]) for release in releases)
    order = order_of_all(releases, home)
    use = counted("%(count)s lapisan dan tabel, untuk QGIS", "%(count)s lapisan dan tabel, untuk QGIS", count)
    name = _("Semua data dalam satu GeoPackage")
    format = Format(name, use % {"count": count}, "stack", GEOPACKAGE)
    return _perhaps_there(f"/data/{ALL}", format, home / "made" / order.target, order.bytes) if count else None


def _perhaps_there(address: str, format: Format, file: Path, guess: float) -> Download:
    there = file.exists()
    return Download(address, format, file.stat().st_size if there else round(guess, 1 - len(str(round(guess)))), there)


@dataclass(frozen=True)
class Snippet:
    """How one program reads the dataset: steps in words, lines to copy."""

    program: str
    steps: tuple[str, ...]
    code: str


def snippets(entry: Entry, url: str) -> list[Snippet]:
    files, shown = f"{url}/data/{entry.id}/terkini", entry.drawn or entry.table
    words = {"url": url, "collection": shown["id"], "csv": f"{files}/data.csv", "files": f"{files}/{_below(shown)}data"}
    words |= _part(shown) if entry.drawn else {}
    return [
        Snippet(
            use["program"],
            tuple(_(step).format(**words) for step in use.get("steps", ())),
            _(use["map" if entry.drawn and "map" in use else "code"]).format(**words),
        )
        for use in USES
    ]


def _part(collection: Mapping[str, Any]) -> dict[str, str]:
    """The edges of a box around the south-western quarter of a layer."""
    west, south, east, north = collection["bbox"] or (95, -11, 141, 6)
    edges = {"west": west, "south": south, "east": (west + east) / 2, "north": (south + north) / 2}
    return {name: f"{edge:g}" for name, edge in edges.items()}


def citation(entry: Entry, settings: Settings) -> str:
    release = _("rilis %(number)s (%(on)s)", number=entry.release.number, on=tanggal(entry.published_at))
    return (
        f"{entry.agency} ({entry.published_at.year}). {entry.title}, {release}. "
        f"Sebar {settings.city}. {settings.url}/data/{entry.id}"
    )
