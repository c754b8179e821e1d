"""Standar Data of events: an area that was flooded or burnt says when, and how that is known (domain.md G17)."""

import re
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from workflow.checks.claims import Context, Fault
from workflow.checks.columns import is_text, subject, texts, words
from workflow.checks.ground import AREAS, SHOWN, drawn_as
from workflow.labels import MONTHS
from workflow.layer import Field, FieldType, Layer
from workflow.periods import interval

HAPPENED = re.compile(
    r"\b(rob|banjir|genangan|longsor|kebakaran)\b|\b(tinggi|lama|kedalaman) genan|\b(tgl|tanggal|waktu) kejadian"
)
NO_EVENT = re.compile(
    r"\b(titik|pos|rawan|kerawanan|kerentanan|risiko|potensi|bahaya|ancaman|prediksi|skenario|simulasi|indeks|jumlah|per"
    r"|penanganan|pengendali\w*|mitigasi|evakuasi|waduk|embung|sistem|zona)\b"
)
"""What may happen, what is done about it, and what is counted by area."""
WHEN = re.compile(
    rf"\b\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}|\b(?:{'|'.join(month[:3] for month in MONTHS)})\w*\W+(?:19|20)\d\d", re.I
)
WHEN_WORDS = frozenset({"tanggal", "tgl", "waktu", "periode", "tahun", "bulan", "kejadian"})
HOW_WORDS = frozenset({"sumber", "source", "sbdata", "metode", "cara", "survei", "survey", "pendataan", "pelapor"})
ONE_EVENT = 31
"""Days: a period no longer than this says when for all."""


def events_say_when(layer: Layer, context: Context) -> Iterator[Fault]:
    rows = _events(layer, context)
    period = interval(context.metadata.get("period"))
    if WHEN.search(str(context.metadata.get("title") or "")) or (period and (period[1] - period[0]).days < ONE_EVENT):
        return
    yield from _silent(layer, rows, [_moments(layer, field) for field in layer.fields] if len(rows) else [])


def events_say_how_they_are_known(layer: Layer, context: Context) -> Iterator[Fault]:
    told = [field for field in layer.fields if words(field) & HOW_WORDS]
    rows = _events(layer, context)
    yield from _silent(layer, rows, [np.array([bool(cell) for cell in texts(layer, field)]) for field in told])


def _events(layer: Layer, context: Context) -> NDArray[np.int64]:
    """Positions of the areas of a layer of events."""
    none = NO_EVENT.search(subject(layer, context, columns=False)) or not HAPPENED.search(subject(layer, context))
    return np.empty(0, dtype=np.int64) if none else drawn_as(layer, AREAS)[0]


def _moments(layer: Layer, field: Field) -> NDArray[np.bool_]:
    """Rows of which the column says when."""
    named = bool(words(field) & WHEN_WORDS)
    if field.type in (FieldType.DATE, FieldType.DATETIME) or is_text(layer, field) or named:
        cells = texts(layer, field)
        return np.array([bool(WHEN.search(cell) or (named and interval(cell))) for cell in cells], dtype=bool)
    return np.zeros(len(layer), dtype=bool)


def _silent(layer: Layer, rows: NDArray[np.int64], told: list[NDArray[np.bool_]]) -> Iterator[Fault]:
    """Said once of a layer: of how many of these rows no column tells it."""
    missing = rows[~np.any([said[rows] for said in told], axis=0)] if told else rows
    if len(missing):
        place = shapely.multipoints(layer.middles[missing[:SHOWN]])
        yield Fault({"count": len(missing), "total": len(rows)}, int(missing[0]), place=place)
