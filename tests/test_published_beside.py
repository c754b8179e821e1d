"""What others have published is laid beside what is entered: the city's people, and the same concept."""

from __future__ import annotations

import json

from tests.conftest import METADATA, STATISTICS, City
from tests.workflow.layers import KELURAHAN

PEOPLE = 1000


def table(figure: int, column: str = "jumlah", year: int = 2024) -> bytes:
    rows = [f"{area.kemendagri},{year},{figure}" for area in KELURAHAN]
    return "\n".join([f"kode_kelurahan,tahun,{column}", *rows]).encode()


def entered(city: City, content: bytes, *, who: str = "produsen2", **said: str) -> str:
    answer = city.client(who).submit_file("a.csv", content, STATISTICS | said)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def publish(city: City, id: str, pembina: str = "pembina-statistik") -> str:
    walidata = city.client("walidata")
    assert city.client("produsen").step(id, "submit").status_code == 200
    for one in city.journey.records.findings(id):
        if one.severity == "warns":
            walidata.post(f"/api/v1/submissions/{id}/findings/{one.key}/waive", json={"reason": "Hanya contoh"})
    for who, step in (("walidata", "verify"), (pembina, "approve"), ("walidata", "publish")):
        assert city.client(who).step(id, step).status_code == 200
    return str(city.client("produsen").submission(id)["dataset"])


def said_of(city: City, id: str, check: str) -> list[str]:
    return [one.message for one in city.journey.records.findings(id) if one.check == check]


def test_a_count_is_laid_beside_the_population_that_is_published(embedded_city: City) -> None:
    publish(embedded_city, entered(embedded_city, table(PEOPLE), who="produsen"))
    said = {"title": "Lansia", "concept": "Lansia"}
    fits = entered(embedded_city, table(PEOPLE, "lansia_jiwa"), **said)
    assert said_of(embedded_city, fits, "PEOPLE_EXCEEDED") == []
    more = entered(embedded_city, table(PEOPLE * 2, "lansia_jiwa"), **said)
    assert len(said_of(embedded_city, more, "PEOPLE_EXCEEDED")) == 27
    assert "2.000 di Medono, padahal penduduk di sana hanya 1.000" in said_of(embedded_city, more, "PEOPLE_EXCEEDED")[0]
    other_year = entered(embedded_city, table(PEOPLE * 2, "lansia_jiwa", 2023), **said)
    assert said_of(embedded_city, other_year, "PEOPLE_EXCEEDED") == []


def test_the_same_concept_of_another_agency_is_told_and_the_next_version_is_not(embedded_city: City) -> None:
    dataset = publish(embedded_city, entered(embedded_city, table(PEOPLE), who="produsen"))
    (told,) = said_of(embedded_city, entered(embedded_city, table(PEOPLE + 1)), "CONCEPT_TWICE")
    assert told.startswith("Data “Jumlah Penduduk” dari DPUPR sudah tersebarluas dengan konsep “Penduduk”, tingkat ")
    own = embedded_city.client("produsen").submit_file("a.csv", table(PEOPLE + 2), STATISTICS, dataset=dataset)
    assert said_of(embedded_city, own.json["id"], "CONCEPT_TWICE") == []
    assert said_of(embedded_city, entered(embedded_city, table(9, year=2022)), "CONCEPT_TWICE") == []


def test_a_map_of_the_same_title_and_period_is_told(embedded_city: City) -> None:
    def street(east: float) -> bytes:
        line = {"type": "LineString", "coordinates": [[109.67, -6.88], [east, -6.89]]}
        feature = {"type": "Feature", "properties": {"nama": "Jalan Mawar"}, "geometry": line}
        return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()

    said = METADATA | {"title": "Jaringan Jalan"}
    first = embedded_city.client("produsen").submit_file("a.geojson", street(109.68), said)
    publish(embedded_city, first.json["id"], "pembina-geospasial")
    again = embedded_city.client("produsen2").submit_file(
        "b.geojson", street(109.69), said | {"title": "Peta Jaringan Jalan"}
    )
    (told,) = said_of(embedded_city, again.json["id"], "CONCEPT_TWICE")
    assert told == "Data “Jaringan Jalan” dari DPUPR sudah tersebarluas dengan judul, periode 2026 yang sama."
    other = embedded_city.client("produsen2").submit_file("b.geojson", street(109.69), said | {"period": "2025"})
    assert said_of(embedded_city, other.json["id"], "CONCEPT_TWICE") == []
