"""The codes and names of a city's areas, in the two systems that disagree.

Kemendagri writes 33.75.03 for Pekalongan Utara, BPS 3375040; BPS 3375030 is Pekalongan Selatan.
Never derive one from the other: the table is the only bridge.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property

from shapely.geometry.base import BaseGeometry


class Level(StrEnum):
    KOTA = "kota"
    KECAMATAN = "kecamatan"
    KELURAHAN = "kelurahan"


class System(StrEnum):
    KEMENDAGRI = "kemendagri"
    BPS = "bps"


@dataclass(frozen=True)
class Area:
    """One row of kode_wilayah.csv. `parent` is the Kemendagri code of the area above; lon, lat a point within it."""

    level: Level
    kemendagri: str
    bps: str
    name: str
    parent: str = ""
    lon: float | None = None
    lat: float | None = None
    km2: float | None = None

    def code(self, system: System) -> str:
        return self.kemendagri if system is System.KEMENDAGRI else self.bps


@dataclass(frozen=True)
class Alias:
    """One row of nama_lama.csv. `code` is Kemendagri's of today's area; `since` the day from which the name is of the
    past, "" where it is only another name."""

    name: str
    level: Level
    code: str
    since: str = ""


@dataclass(frozen=True)
class City:
    """The city itself. `extent` is a generous polygon in CRS84: what lies outside it is not the city's."""

    name: str
    extent: BaseGeometry


# Of kecamatan and kelurahan in either system; they begin with their province's number.
_CODE = re.compile(r"\d{2}\.\d{2}\.\d{2}(\.\d{4})?|\d{6,7}|\d{10}")
PROVINCES = frozenset(
    map(str, (*range(11, 22), *range(31, 37), *range(51, 54), *range(61, 66), *range(71, 77), 81, 82, *range(91, 97)))
)


def _written(code: object) -> str:
    """A cell's text; a whole number also where a spreadsheet made a float of it."""
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code)


def digits(code: object) -> str:
    return re.sub(r"[\s.\-]", "", _written(code))


def looks_like_a_code(text: object) -> bool:
    value = _written(text).strip()
    return bool(_CODE.fullmatch(value)) and value[:2] in PROVINCES


def plain_name(name: object) -> str:
    """For comparing: without case, blanks, signs and the words "Kelurahan", "Kel.", "Kecamatan", "Kec."."""
    text = re.sub(r"^\s*(kelurahan|kecamatan|kel|kec|kota)\b[\s.:]*", "", str(name), flags=re.IGNORECASE)
    return re.sub(r"[\W_]+", "", text).casefold()


@dataclass(frozen=True)
class AreaCodes:
    """`version` names the state of the two tables; the city's own code is the same in both systems, so of neither."""

    areas: tuple[Area, ...] = ()
    aliases: tuple[Alias, ...] = ()
    version: str = ""

    @cached_property
    def _by_digits(self) -> dict[str, tuple[Area, System | None]]:
        found: dict[str, tuple[Area, System | None]] = {area.bps: (area, System.BPS) for area in self.areas}
        found |= {digits(area.kemendagri): (area, System.KEMENDAGRI) for area in self.areas}
        return found | {area.bps: (area, None) for area in self.at(Level.KOTA)}

    @cached_property
    def _by_name(self) -> dict[str, list[Area]]:
        found: dict[str, list[Area]] = {}
        for area in self.areas:
            found.setdefault(plain_name(area.name), []).append(area)
        for alias in self.aliases:
            if (now := self.by_code(alias.code)) and not alias.since:
                found.setdefault(plain_name(alias.name), []).append(now)
        return found

    @cached_property
    def _past(self) -> dict[tuple[Level, str], Alias]:
        return {(alias.level, plain_name(alias.name)): alias for alias in self.aliases if alias.since}

    def of_the_past(self, name: object, level: Level) -> tuple[Area, str] | None:
        """Today's area of a name from before a merger, and since when; None where it still is a name."""
        alias = None if self.by_name(name, level) else self._past.get((level, plain_name(name)))
        area = self.by_code(alias.code) if alias else None
        return (area, alias.since) if alias and area else None

    def at(self, level: Level) -> tuple[Area, ...]:
        return tuple(area for area in self.areas if area.level == level)

    def by_code(self, code: object) -> Area | None:
        """In whichever system the code is written, with dots or without."""
        return self._by_digits.get(digits(code), (None, None))[0]

    def system_of(self, code: object) -> System | None:
        return self._by_digits.get(digits(code), (None, None))[1]

    def by_name(self, name: object, level: Level | None = None) -> Area | None:
        """None where no area, or more than one, has this name."""
        found = [area for area in self._by_name.get(plain_name(name), ()) if level in (None, area.level)]
        return found[0] if len(found) == 1 else None

    def fits(self, code: object, name: object) -> bool:
        area = self.by_code(code)
        if area is None or plain_name(area.name) == plain_name(name):
            return area is not None
        before = self.of_the_past(name, area.level)
        return area == (before[0] if before else self.by_name(name, area.level))

    def nearest_name(self, name: object, level: Level | None = None) -> Area | None:
        """The area a misspelt or older name most likely means."""
        wanted = plain_name(name)
        if level and (before := self.of_the_past(name, level)):
            return before[0]
        names = {plain_name(area.name): area for area in self.areas if level in (None, area.level)}
        if len(wanted) < 4:
            return names.get(wanted)
        # Names from before the mergers live on as words of today's: Kraton in Padukuhan Kraton.
        for holding in (
            [key for key, area in names.items() if wanted in map(plain_name, area.name.split())],
            [key for key in names if wanted in key or key in wanted],
        ):
            if len(holding) == 1:
                return names[holding[0]]
        close = get_close_matches(wanted, names, n=1, cutoff=0.7)
        return names[close[0]] if close else None

    def nearest_code(self, code: object) -> str | None:
        """The written code that a mistyped one most likely means, in the system and form it was written in."""
        kemendagri = [area.kemendagri for area in self.areas]
        if "." in str(code):
            written, forms = str(code).strip(), [kemendagri]
        else:
            written, forms = digits(code), [[area.bps for area in self.areas], [digits(one) for one in kemendagri]]
        close = (get_close_matches(written, known, n=1, cutoff=0.8) for known in forms)
        return next((found[0] for found in close if found), None)
