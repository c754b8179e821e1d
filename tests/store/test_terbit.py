"""What SQL users and QGIS read in PostGIS is what was published, for as long as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import shapely
from psycopg import errors

from server.store import Records, migrate, open_records
from tests.postgis import fresh_database
from tests.store import layers
from tests.store.conftest import Settings
from tests.store.layers import ROADS, SQUARES, release_folder, statistics_folder
from tests.store.sample import later, published, ratified, release_to_be, settle, superseding, wish
from workflow.errors import Changed, Conflict
from workflow.sop import Status


@pytest.fixture
def postgis(tmp_path: Path) -> Iterator[Settings]:
    with fresh_database() as url:
        yield Settings(tmp_path, url)


@pytest.fixture
def city(postgis: Settings) -> Iterator[Records]:
    migrate(postgis)
    records = open_records(postgis)
    settle(records)
    yield records
    records.close()


@pytest.fixture
def sql_user(postgis: Settings, city: Records) -> Iterator[psycopg.Connection[Any]]:
    assert postgis.database_url
    with psycopg.connect(postgis.database_url, autocommit=True) as connection:
        connection.execute("SET ROLE sebar_baca")
        yield connection


def rows(reader: psycopg.Connection[Any], table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    return reader.execute(f'SELECT {columns} FROM terbit."{table}" ORDER BY fid').fetchall()  # noqa: S608 - our own


def publish(city: Records, home: Path, id: str = "s1", *, new: bool = True, **layer: Any) -> int:
    folder = f"releases/jalan/{id}"
    ratified(city, id, new=new, manifest=release_folder(home, folder, **layer))
    return published(city, id, folder)


def test_every_value_and_every_double_arrives(city: Records, tmp_path: Path, sql_user: Any) -> None:
    publish(city, tmp_path)
    found = rows(sql_user, "jalan", "fid, ST_AsBinary(geom), " + ", ".join(ROADS))
    assert [row[0] for row in found] == [1, 2, 3]
    assert [row[2:] for row in found] == list(zip(*ROADS.values(), strict=True))
    assert [row[1] and shapely.from_wkb(row[1]) for row in found] == SQUARES
    with closing(sqlite3.connect(tmp_path / "releases/jalan/s1/data.gpkg")) as source:
        assert source.execute("SELECT count(*) FROM data").fetchone() == (len(found),)


def test_tables_are_typed_and_indexed_for_those_who_ask_by_place_or_key(city: Records, tmp_path: Path) -> None:
    publish(city, tmp_path)
    with city._read() as connection:
        asked = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'terbit'"
        indexes = " ".join(row[0] for row in connection.exec_driver_sql(asked))
        registered = "SELECT type, srid FROM geometry_columns WHERE f_table_schema = 'terbit'"
        kinds = {tuple(row) for row in connection.exec_driver_sql(registered)}
    assert "USING gist (geom)" in indexes
    assert "USING btree (kode)" in indexes
    assert "USING btree (fid)" in indexes
    assert kinds == {("POLYGON", 4326)}


def test_a_sql_user_reads_what_is_published_and_nothing_else(city: Records, tmp_path: Path, sql_user: Any) -> None:
    publish(city, tmp_path)
    city.stage(city.releases("jalan")[0])
    assert len(rows(sql_user, "jalan")) == len(rows(sql_user, "jalan_1")) == 3
    for forbidden in (
        "SELECT * FROM people",
        "SELECT * FROM ledger",
        "CREATE TABLE terbit.mine (x int)",
        'DELETE FROM terbit."jalan"',
        "SELECT * FROM calon.anything",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            sql_user.execute(forbidden)


def test_a_new_release_takes_over_the_name_even_with_other_columns(
    city: Records, tmp_path: Path, sql_user: Any
) -> None:
    publish(city, tmp_path)
    multi = [shapely.MultiPolygon([SQUARES[0]])]
    assert (
        publish(city, tmp_path, "s2", new=False, columns=("kode",), shapes=multi * 3, geometry_type="MultiPolygon") == 2
    )
    assert [row[2:] for row in rows(sql_user, "jalan")] == [("A-1",), ("A'2",), (None,)]
    assert len(rows(sql_user, "jalan_1")) == 3


def test_an_earlier_release_can_be_restored(city: Records, tmp_path: Path, sql_user: Any) -> None:
    publish(city, tmp_path)
    publish(city, tmp_path, "s2", new=False, columns=("kode",))
    moves = [wish(city, "s1", "restore", "sari"), *superseding(city, "jalan")]
    city.publish(moves, release=None, dataset="jalan", current=1)
    assert len(rows(sql_user, "jalan")[0]) == 2 + len(ROADS)


def withdraw(city: Records, id: str = "s1") -> None:
    move = wish(city, id, "withdraw", "sari", later(9))
    city.publish([move], release=None, dataset="jalan", current=None, withdrawn=(later(9), "salah"))


def test_a_withdrawn_dataset_cannot_be_read_in_any_of_its_releases(
    city: Records, postgis: Settings, tmp_path: Path, sql_user: Any
) -> None:
    publish(city, tmp_path)
    publish(city, tmp_path, "s2", new=False, columns=("kode",))
    withdraw(city, "s2")
    migrate(postgis)
    with pytest.raises(errors.UndefinedTable):
        rows(sql_user, "jalan")
    for number in (1, 2):
        with pytest.raises(errors.InsufficientPrivilege):
            rows(sql_user, f"jalan_{number}")
    city.publish([wish(city, "s1", "restore", "sari")], release=None, dataset="jalan", current=1)
    assert len(rows(sql_user, "jalan")) == len(rows(sql_user, "jalan_1")) == 3
    with pytest.raises(errors.InsufficientPrivilege):
        rows(sql_user, "jalan_2")


def test_a_publication_that_came_too_late_leaves_no_table_behind(city: Records, tmp_path: Path, sql_user: Any) -> None:
    folder = "releases/jalan/1"
    ratified(city, manifest=release_folder(tmp_path, folder))
    move = wish(city, "s1", "publish", "sari")
    published(city, folder=folder)
    with pytest.raises(Changed):
        city.publish([move], release=None, dataset="jalan", current=1)
    assert city.revision() == 1
    assert len(rows(sql_user, "jalan")) == 3


def test_a_release_to_be_may_be_staged_early_and_is_loaded_once(city: Records, tmp_path: Path, sql_user: Any) -> None:
    folder = "releases/jalan/1"
    ratified(city, manifest=release_folder(tmp_path, folder))
    release = release_to_be(city, "s1", folder)
    city.stage(release)
    loaded = tables(city, "calon")
    city.stage(release)
    assert tables(city, "calon") == loaded
    assert len(loaded) == 1
    assert tables(city, "terbit") == []
    published(city, "s1", folder)
    city.stage(release)
    assert tables(city, "calon") == []
    assert tables(city, "terbit") == ["jalan_1"]


def tables(city: Records, schema: str) -> list[str]:
    with city._read() as connection:
        asked = f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'"  # noqa: S608 - our own
        return [row[0] for row in connection.exec_driver_sql(asked)]


def test_a_long_reader_keeps_a_publication_waiting_but_not_a_withdrawal(
    city: Records, postgis: Settings, tmp_path: Path, sql_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.store.journey.PATIENCE", 1)
    monkeypatch.setattr("server.store.terbit.LOCK_TIMEOUT", "50ms")
    publish(city, tmp_path)
    assert postgis.database_url
    with psycopg.connect(postgis.database_url) as long_reader:
        long_reader.execute('SELECT * FROM terbit."jalan"')
        with pytest.raises(Conflict, match="sedang dibaca lama melalui SQL"):
            publish(city, tmp_path, "s2", new=False, columns=("kode",))
        assert city.revision() == 1
        withdraw(city)
        with pytest.raises(errors.InsufficientPrivilege):
            rows(sql_user, "jalan")
    assert city.registry().current == ()
    assert [record.move.status for record in city.submissions(dataset="jalan")].count(Status.APPROVED) == 1
    published(city, "s2", "releases/jalan/s2")
    assert [row[2:] for row in rows(sql_user, "jalan")] == [("A-1",), ("A'2",), (None,)]


def test_views_of_others_go_where_their_columns_went(city: Records, postgis: Settings, tmp_path: Path) -> None:
    publish(city, tmp_path)
    assert postgis.database_url
    with psycopg.connect(postgis.database_url, autocommit=True) as other:
        other.execute('CREATE VIEW public.laporan AS SELECT nama FROM terbit."jalan"')
        publish(city, tmp_path, "s2", new=False, columns=("kode",))
        with pytest.raises(errors.UndefinedTable):
            other.execute("SELECT * FROM laporan")


def test_a_table_and_its_map_are_two_views(city: Records, tmp_path: Path, sql_user: Any) -> None:
    folder = "releases/penduduk/1"
    ratified(city, "s1", "penduduk", manifest=statistics_folder(tmp_path, folder, "penduduk"))
    published(city, "s1", folder)
    assert rows(sql_user, "penduduk") == [(1, "A-1", 1.5), (2, "A'2", None), (3, None, 1e-12)]
    assert len(rows(sql_user, "penduduk-peta")[0]) == 4
    plain = statistics_folder(tmp_path, "releases/penduduk/2", "penduduk")
    ratified(city, "s2", "penduduk", new=False, manifest=plain | {"collections": plain["collections"][:1]})
    published(city, "s2", "releases/penduduk/2")
    assert len(rows(sql_user, "penduduk")) == 3
    with pytest.raises(errors.UndefinedTable):
        rows(sql_user, "penduduk-peta")


def test_heights_and_mixed_shapes_arrive(city: Records, tmp_path: Path, sql_user: Any) -> None:
    publish(city, tmp_path, shapes=layers.MIXED, geometry_type="Unknown")
    found = [shapely.from_wkb(row[0]) for row in rows(sql_user, "jalan", "ST_AsBinary(geom)")]
    assert [shape.geom_type for shape in found] == ["Polygon", "MultiPolygon", "Point"]
    assert found[0].exterior.coords[0] == (109, -6, 5)
    assert found[2].coords[0] == (109, -6, 0)


def test_a_name_that_is_too_long_for_postgresql_stays_one_of_a_kind(city: Records, tmp_path: Path) -> None:
    for number, name in enumerate(("d" * 70 + "-a", "d" * 70 + "-b"), start=1):
        folder = f"releases/{name}/1"
        ratified(city, f"s{number}", name, manifest=release_folder(tmp_path, folder, name))
        published(city, f"s{number}", folder)
    with city._read() as connection:
        views = "SELECT count(*) FROM pg_views WHERE schemaname = 'terbit'"
        assert connection.exec_driver_sql(views).scalar() == 2


def test_view_and_columns_say_what_they_are(city: Records, tmp_path: Path) -> None:
    publish(city, tmp_path)
    said = "SELECT obj_description('terbit.jalan'::regclass), col_description('terbit.jalan'::regclass, 3)"
    with city._read() as connection:
        assert tuple(connection.exec_driver_sql(said).one()) == ("Judul jalan", "Kode. Ada")
