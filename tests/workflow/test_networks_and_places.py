"""Networks, the published boundary, the catalogue and events: what is said, and of what nothing is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely

from tests.workflow.test_checks import (
    EAST,
    LINE,
    METRE,
    ROAD,
    WEST,
    Case,
    crossing,
    drains,
    flooded,
    found,
    line,
    map_of,
    named,
    published,
    shifted,
)
from workflow.labels import sentence

ACROSS = shapely.LineString([(109.675, -6.88), (109.675, -6.89)])
OVERSHOT = shapely.LineString([(109.675, -6.88), (109.675, -6.885 - METRE)])


def test_crossings_are_told_once_of_a_layer_with_their_places() -> None:
    other = shapely.LineString([(109.676, -6.88), (109.676, -6.89)])
    (said,) = found(map_of(ROAD, ACROSS, other, columns={"jalan": ["a", "b", "c"]}), "LINE_CROSSED")
    assert sentence(said).startswith("Di 2 tempat dua garis berpotongan tanpa simpul, pertama fitur 1 dengan fitur 2")
    assert said.place is not None
    assert [(round(point.x, 6), round(point.y, 6)) for point in said.place.geoms] == [
        (109.675, -6.885),
        (109.676, -6.885),
    ]


@pytest.mark.parametrize(
    "case",
    [
        map_of(ROAD, ACROSS, columns={"nama": ["a", "b"]}),
        map_of(ROAD, ACROSS, columns={"jaringan_listrik_jalan": ["a", "b"]}),
        map_of(ROAD, ACROSS, columns={"fungsi_jalan": ["Lokal", "Jalur Rel Kereta Api"]}),
        map_of(ROAD, OVERSHOT, columns={"jalan": ["a", "b"]}),
        map_of(ROAD, shapely.LineString([(109.675, -6.88), (109.675, -6.885)]), columns={"jalan": ["a", "b"]}),
    ],
    ids=["not a network", "cables", "a railway", "dangles", "a junction"],
)
def test_what_is_no_crossing_of_roads_is_left_in_peace(case: Case) -> None:
    assert found(case, "LINE_CROSSED") == []


def test_a_vertex_of_one_road_alone_is_no_node() -> None:
    bent = shapely.LineString([(109.675, -6.88), (109.675, -6.885), (109.675, -6.89)])
    assert found(map_of(ROAD, bent, columns={"jalan": ["a", "b"]}), "LINE_CROSSED")
    assert not found(crossing(node=True), "LINE_CROSSED")


def test_the_drain_that_runs_against_the_others_is_named() -> None:
    assert [finding.row for finding in found(drains(turned=5), "FLOW_AGAINST")] == [6]


def test_drains_drawn_at_random_and_roads_have_no_direction() -> None:
    lines = [line(50 * at, 50 * at + 50) if at % 2 else line(50 * at + 50, 50 * at) for at in range(12)]
    assert found(map_of(*lines, columns={"drainase": ["x"] * 12}), "FLOW_AGAINST") == []
    layer, context = drains(turned=5)
    roads = replace(layer, fields=tuple(replace(field, name="drainase", label="jalan") for field in layer.fields))
    assert found((roads, context), "FLOW_AGAINST") == []


def test_a_drain_that_empties_into_the_middle_of_another_flows_on() -> None:
    layer, _ = drains(turned=5)
    assert layer.geometry is not None
    beside = [shapely.LineString([(109.66, y), (109.68, y)]) for y in (-6.89 + 250 * METRE, -6.89 + 300 * METRE)]
    crossed = map_of(*layer.geometry, *beside, columns={"drainase": ["x"] * 14})
    assert found(crossed, "FLOW_AGAINST") == []


def test_how_far_a_border_is_from_the_published_one_is_told_and_shown() -> None:
    (said,) = found(published(shifted(3), shifted(0), columns={"nama": ["a", "b"]}), "BOUNDARY_BESIDE")
    assert (said.row, said.params["count"], said.params["boundary"]) == (1, 1, "batas")
    assert said.params["metres"] == pytest.approx(3, abs=0.1)
    assert said.place is not None
    assert 10 <= len(said.place.geoms) <= 20


@pytest.mark.parametrize(
    "case",
    [
        published(shapely.box(109.6702, -6.8895, 109.6748, -6.8805)),
        published(shapely.box(109.67492, -6.89, 109.67508, -6.88)),
        published(shapely.LineString([(109.67504, -6.89), (109.67504, -6.88)])),
        published(shapely.Point(109.67504, -6.885)),
        map_of(shifted(3)),
    ],
    ids=["within an area", "a river on the border", "a road on the border", "a point", "nothing published"],
)
def test_what_only_lies_near_a_boundary_is_left_in_peace(case: Case) -> None:
    assert found(case, "BOUNDARY_BESIDE") == []


def test_a_line_that_says_to_be_a_border_is_compared() -> None:
    border = shapely.LineString([(109.67504, -6.89), (109.67504, -6.88)])
    assert found(published(border, columns={"jenis_batas": ["kelurahan"]}), "BOUNDARY_BESIDE")


def test_a_code_of_the_catalogue_written_otherwise_is_suggested() -> None:
    (said,) = found(map_of(ROAD, columns={"FCODE": ["ba 03-07-0040"]}), "KUGI_FORM")
    assert said.suggestion == "BA03070040"
    (said,) = found(map_of(ROAD, columns={"FCODE": ["Jalan"]}), "KUGI_FORM")
    assert said.suggestion is None


def test_a_layer_named_for_areas_that_holds_lines_is_told() -> None:
    (said,) = found(named("BATAS_AR_5K", LINE), "KUGI_NAME")
    assert "BATAS_AR_5K berarti area, tetapi ini garis" in sentence(said)
    assert not found(named("daftar_pt", LINE), "KUGI_NAME")


@pytest.mark.parametrize(
    "case",
    [
        flooded(title="Genangan Rob 26 Mei 2025"),
        flooded(period="2025-05-26"),
        flooded(tahun=[2024, 2025]),
        flooded(title="Kawasan Rawan Banjir"),
        flooded(title="Jumlah Banjir per Kelurahan"),
        flooded(title="Ruang Terbuka Hijau"),
        flooded(shapely.Point(109.675, -6.885), nama=["a"]),
    ],
    ids=["title", "period", "year", "a hazard", "a count", "no event", "points"],
)
def test_events_whose_moment_is_known_and_what_is_no_event_are_left_in_peace(case: Case) -> None:
    assert found(case, "EVENT_DATE") == []


def test_floods_of_several_days_may_overlap_and_those_of_one_may_not() -> None:
    for days, told in ((["26 Mei 2025", "27 Mei 2025"], False), (["26 Mei 2025"] * 2, True)):
        assert bool(found(flooded(WEST, shifted(-5), tgl_kejadian=days), "GEOM_OVERLAP")) is told


def test_what_is_counted_in_a_layer_too_heavy_to_draw() -> None:
    (said,) = found(map_of(line(*range(100_001)), EAST, columns={"a": [1, 2]}), "LAYER_HEAVY")
    assert (
        sentence(said) == "Lapis ini berat: 2 fitur dengan 100.006 titik; yang terbesar fitur 1 dengan 100.001 titik."
    )
