"""JSON and texts of strangers: refused where a store could not keep them or a reader not show them."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from workflow.errors import BadRequest

DEPTH = 32
LARGEST = 2**63 - 1
NOT_TEXT = re.compile("[\0\ud800-\udfff]")


def understood(text: str | bytes, what: str, where: str) -> dict[str, Any]:
    """A JSON object of plain values. `what` begins the sentence, `where` names the place. Raises BadRequest."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        place = {"field": where, "line": error.lineno, "column": error.colno}
        raise BadRequest.of("json_broken", what=what, line=error.lineno, column=error.colno, where=place) from None
    except (ValueError, RecursionError):
        raise _wrong(where, f"{what} bukan JSON yang dapat dibaca", "Kirim JSON dalam UTF-8.") from None
    if not isinstance(value, dict):
        raise _wrong(where, f"{what} harus sebuah objek JSON", "Mulai dengan { dan akhiri dengan }.")
    refuse_unstorable(value, where)
    return value


def refuse_unstorable(value: object, where: str) -> None:
    """Raises BadRequest, naming the place, for what JSON can write and no text, number or page can hold."""
    waiting = [(value, where, 0)]
    while waiting:
        value, place, depth = waiting.pop()
        if depth > DEPTH:
            raise _wrong(where, f"Isi {where} bersarang lebih dari {DEPTH} tingkat", "Ratakan susunannya.")
        if isinstance(value, str) and NOT_TEXT.search(value):
            mend = "Ketik ulang isian itu; tanda itu biasanya tidak terlihat dan ikut tersalin dari aplikasi lain."
            raise _wrong(place, f"{_shown(place)} memuat tanda yang bukan huruf (NUL atau separuh emoji)", mend)
        if isinstance(value, int | float) and not -LARGEST <= value <= LARGEST:
            mend = "Tulis bilangan biasa, paling banyak 18 angka."
            raise _wrong(place, f"{_shown(place)} memuat bilangan yang tidak dapat disimpan", mend)
        waiting += [(one, at, depth + 1) for one, at in _inside(value, place)]


def refuse_unstorable_texts(texts: Iterable[tuple[str, str]]) -> None:
    """The same for names and values of a form or an address."""
    for name, text in texts:
        refuse_unstorable(name, name)
        refuse_unstorable(text, name)


def _inside(value: object, place: str) -> Iterable[tuple[object, str]]:
    if isinstance(value, Mapping):
        yield from ((name, place) for name in value)
        yield from ((one, f"{place}.{name}") for name, one in value.items())
    elif isinstance(value, list):
        yield from ((one, f"{place}[{number}]") for number, one in enumerate(value))


def _shown(place: str) -> str:
    return f"Isian {NOT_TEXT.sub('�', place)}"


def _wrong(place: str, sentence: str, mend: str) -> BadRequest:
    return BadRequest(f"{sentence}.", code="JSON", mend=mend, where={"field": NOT_TEXT.sub("�", place)[:200]})
