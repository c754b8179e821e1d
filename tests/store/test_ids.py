"""An id finds the row that has it."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from server.store.ids import Ids, write_ids

IDS = st.lists(st.one_of(st.integers(-(2**60), 2**60), st.text(max_size=5)), unique_by=str, max_size=60)


@given(IDS, st.text(max_size=5))
def test_every_id_finds_its_row_and_nothing_else_does(ids: list[int | str], other: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_ids(ids, path := Path(folder) / "features.ids")
        known = Ids(path, len(ids))
    assert [list(known.rows_of(str(id))) for id in ids] == [[row] for row in range(len(ids))]
    assert list(known.rows_of(other)) == [row for row, id in enumerate(ids) if str(id) == other]


def test_of_equal_ids_the_first_row_comes_first(tmp_path: Path) -> None:
    write_ids(["b", "a", "b"], path := tmp_path / "features.ids")
    assert list(Ids(path, 3).rows_of("b")) == [0, 2]
