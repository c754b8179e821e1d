"""Over real tables the checks are seldom wrong, and go on finding what somebody found to be wrong in them."""

from __future__ import annotations

import pytest

from tests.alarms import JUDGED, Read, false_alarms, tables
from tests.conftest import SHARED

TABLES = SHARED / "data" / "04_tabel"

pytestmark = pytest.mark.skipif(not TABLES.exists(), reason=f"no real tables here: {TABLES} (SEBAR_SHARED)")


@pytest.fixture(scope="module")
def read() -> list[Read]:
    return list(tables(TABLES))


def test_less_than_one_false_alarm_in_a_thousand_real_rows(read: list[Read]) -> None:
    rows, wrong, lines = false_alarms(read)
    assert rows > 15_000
    assert wrong.total() / rows * 1000 < 1, "\n".join([*lines, str(wrong)])


def test_what_is_wrong_in_a_real_table_is_found(read: list[Read]) -> None:
    found = {name: {one.check for one in findings} for name, _, findings in read}
    assert {name: set(judged) - found[name] for name, judged in JUDGED.items() if set(judged) - found[name]} == {}
