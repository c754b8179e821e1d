"""What a release's ISO record says, read by the libraries that harvest it."""

from __future__ import annotations

import yaml
from lxml import etree
from owslib.iso import MD_Metadata
from pygeometa.schemas.iso19139 import ISO19139OutputSchema

from server.ogc.metadata import interval, iso19139, record
from tests.ogc.sample_releases import PUBLISHED, SETTINGS, manifest, table


def parsed(of: dict) -> MD_Metadata:
    return MD_Metadata(etree.fromstring(iso19139(of, SETTINGS, PUBLISHED)))


def test_a_harvester_reads_every_main_field() -> None:
    read = parsed(manifest())
    said = read.identification[0]
    assert (read.identifier, read.languagecode, read.charset, read.hierarchy) == (
        "batas-kelurahan",
        "ind",
        "utf8",
        "dataset",
    )
    assert read.datestamp == "2026-03-27T03:00:00Z"
    assert [contact.organization for contact in read.contact] == ["Dinas Pekerjaan Umum", SETTINGS.office]
    assert (said.title, said.alternatetitle, said.edition) == ("Batas kelurahan", "batas-kelurahan", "2")
    assert [(date.date, date.type) for date in said.date] == [("2026-03-12", "creation"), ("2026-03-27", "publication")]
    assert said.abstract.startswith("Batas 27 kelurahan")
    assert [keyword.name for keyword in said.keywords[0].keywords] == ["batas wilayah", "kelurahan"]
    assert said.topiccategory == ["boundaries"]
    assert said.status == "completed"
    assert said.denominators == ["5000"]
    assert said.spatialrepresentationtype == ["vector"]
    assert said.securityconstraints == ["unclassified"]
    assert said.useconstraints == ["license"]
    assert said.otherconstraints[1].startswith("CC-BY-4.0")
    assert (said.temporalextent_start, said.temporalextent_end) == ("2024-01-01", "2024-12-31")
    assert [float(v) for v in (said.bbox.minx, said.bbox.miny, said.bbox.maxx, said.bbox.maxy)] == [
        109.64,
        -6.94,
        109.72,
        -6.85,
    ]
    assert read.referencesystem.code == "urn:ogc:def:crs:EPSG::9489"
    assert read.dataquality.lineage == "Digitasi citra 2023 lalu penegasan di lapangan."


def test_every_way_to_the_data_is_an_online_resource() -> None:
    found = {entry.url: entry.protocol for entry in parsed(manifest()).distribution.online}
    assert found["https://data.example.id/data/batas-kelurahan"] == "WWW:LINK-1.0-http--link"
    assert found["https://data.example.id/ogc/collections/batas-kelurahan/items"] == "OGC:API-Features"
    assert found["https://data.example.id/data/batas-kelurahan/2/data.gpkg"] == "WWW:DOWNLOAD-1.0-http--download"


def test_a_table_claims_no_place() -> None:
    read = parsed(table())
    assert read.hierarchy == "nonGeographicDataset"
    assert read.identification[0].bbox is None
    assert read.referencesystem is None
    assert read.identification[0].spatialrepresentationtype == ["textTable"]
    assert record(table(), SETTINGS, PUBLISHED)["geometry"] is None


def test_what_is_not_known_is_left_out() -> None:
    bare = manifest()
    bare["metadata"] = {"title": "Tanpa keterangan", "access": "terbatas"}
    bare["collections"][0] |= {"bbox": None, "source_crs": None}
    read = parsed(bare)
    assert getattr(read.identification[0], "bbox", None) is None
    assert read.identification[0].denominators == []
    assert read.identification[0].topiccategory == []
    assert getattr(read.identification[0], "temporalextent_start", None) is None
    assert read.identification[0].securityconstraints == ["restricted"]


def test_hostile_words_stay_words() -> None:
    words = 'Jalan <gmd:title>&amp; "x" ]]> \x00\x0b\ud800 \U0001f30a'
    read = parsed(manifest(metadata={"title": words, "license": 'x"/><a>', "topic": "<&>", "update_frequency": '"&'}))
    assert read.identification[0].title == 'Jalan <gmd:title>&amp; "x" ]]>  \U0001f30a'
    assert read.identification[0].topiccategory == ["<&>"]


def test_a_statistical_dataset_tells_its_joined_map_too() -> None:
    of = table(boundary={"dataset": "batas-kelurahan", "number": 1, "content_hash": "f" * 64})
    joined = manifest()["collections"][0] | {"id": "jumlah-penduduk-peta", "folder": "peta", "title": "Peta penduduk"}
    of["collections"].append(joined)
    of["files"]["peta/data.gpkg"] = {"bytes": 10, "sha256": "a" * 64}
    links = {entry["href"]: entry for entry in record(of, SETTINGS, PUBLISHED)["links"]}
    assert links["https://data.example.id/data/jumlah-penduduk/2/peta/data.gpkg"]["length"] == 10
    assert "https://data.example.id/ogc/collections/jumlah-penduduk-peta/items" in links
    assert parsed(of).identification[0].bbox is not None


def test_the_record_says_what_the_iso_document_says() -> None:
    said = record(manifest(), SETTINGS, PUBLISHED)
    assert said["time"] == {"interval": ["2024-01-01", "2024-12-31"]}
    assert said["geometry"]["coordinates"][0][0] == [109.64, -6.94]
    assert said["properties"]["updated"] == "2026-03-27T03:00:00Z"
    assert said["properties"]["license"] == "CC-BY-4.0"
    assert {entry["rel"] for entry in said["links"]} >= {"describes", "items", "enclosure", "describedby", "alternate"}
    assert [link["href"] for link in said["links"] if link["rel"] == "collection"] == [
        "https://data.example.id/ogc/collections/katalog"
    ]
    assert said["links"][-3]["href"] == f"https://data.example.id/verifikasi/{'c' * 64}"


def test_a_declared_period_is_read_as_days() -> None:
    read = {
        text: interval(manifest(metadata={"period": text}))
        for text in ("2024", "2024-02", "2020-2024", "Semester I 2024")
    }
    assert read == {
        "2024": ("2024-01-01", "2024-12-31"),
        "2024-02": ("2024-02-01", "2024-02-29"),
        "2020-2024": ("2020-01-01", "2024-12-31"),
        "Semester I 2024": None,
    }


MCF = """
mcf: {version: 1.0}
metadata: {identifier: batas-kelurahan, language: id, charset: utf8, datestamp: 2026-03-27, hierarchylevel: dataset,
           dates: {creation: 2026-03-12}}
spatial: {datatype: vector, geomtype: polygon}
identification:
    language: id
    charset: utf8
    title: Batas kelurahan
    abstract: Batas 27 kelurahan, digambar dari berita acara penegasan batas.
    edition: "2"
    dates: {publication: 2026-03-27}
    keywords: {default: {keywords: [batas wilayah, kelurahan], keywords_type: theme}}
    topiccategory: [boundaries]
    extents:
        spatial: [{bbox: [109.64, -6.94, 109.72, -6.85], crs: 4326}]
        temporal: [{begin: 2024-01-01, end: 2024-12-31}]
    maintenancefrequency: annually
    status: completed
    accessconstraints: otherRestrictions
contact:
    pointOfContact: {individualname: Sari Wulandari, organization: Dinas Pekerjaan Umum, email: dpu@example.id}
distribution: {}
"""


def test_pygeometa_would_say_the_same() -> None:
    theirs = MD_Metadata(etree.fromstring(ISO19139OutputSchema().write(yaml.safe_load(MCF)).encode()))
    ours = parsed(manifest())
    assert ours.identifier == theirs.identifier
    assert ours.hierarchy == theirs.hierarchy
    a, b = ours.identification[0], theirs.identification[0]
    for name in (
        "title",
        "abstract",
        "edition",
        "topiccategory",
        "status",
        "accessconstraints",
        "spatialrepresentationtype",
    ):
        assert getattr(a, name) == getattr(b, name), name
    assert [float(getattr(a.bbox, edge)) for edge in ("minx", "maxy")] == [
        float(getattr(b.bbox, edge)) for edge in ("minx", "maxy")
    ]
    assert (a.temporalextent_start, a.temporalextent_end) == (b.temporalextent_start, b.temporalextent_end)
    assert [entry.name for entry in a.keywords[0].keywords] == [entry.name for entry in b.keywords[0].keywords]
    assert a.contact[0].email == b.contact[0].email
