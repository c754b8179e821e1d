"""Damaged files end as a reading or a refusal; `python -m tests.intake.mutations` reads ten thousand."""

from __future__ import annotations

from tests.conftest import SHARED
from tests.intake.conftest import Listener
from tests.intake.mutations import mutate
from tests.intake.test_hostile import PORT_IN_THE_FILES


def test_every_damaged_file_is_read_or_refused_with_a_code() -> None:
    try:
        listener = Listener(PORT_IN_THE_FILES)
    except OSError:  # somebody else listens there; the walls are tried by other tests
        listener = Listener()
    before = {*(SHARED / "data" / "08_hostile").glob("*")}
    told = mutate(300, seed=20)
    listener.close()
    assert told.outcomes.total() == 300
    assert told.dead == 0
    assert told.broken == []
    assert "without a sentence" not in told.outcomes
    assert told.outcomes["read"]
    assert listener.calls == 0
    assert {*(SHARED / "data" / "08_hostile").glob("*")} == before
