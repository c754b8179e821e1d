"""Kode Referensi: areas carry the codes and names that everyone uses."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from workflow.area_codes import AreaCodes, Level, System, looks_like_a_code
from workflow.checks.claims import MOST, Context, Fault, Params
from workflow.checks.columns import find, is_text, plain, texts, words
from workflow.labels import SYSTEMS
from workflow.layer import Field, Layer
from workflow.sop import Kind

CODE_WORDS = frozenset({"kode", "kd", "code", "bps", "kemendagri", "dagri", "kdepum", "kdebps", "kdcpum", "kdcbps"})
NAME_WORDS = frozenset({"nama", "nm", "name"})
LEVEL_WORDS = {
    Level.KELURAHAN: frozenset(["kelurahan", "kel", "desa", "wadmkd"]),
    Level.KECAMATAN: frozenset(["kecamatan", "kec", "wadmkc"]),
}
ALL_LEVEL_WORDS = frozenset().union(*LEVEL_WORDS.values())
PERIOD_WORDS = frozenset(["tahun", "thn", "year", "periode", "semester", "triwulan", "bulan", "bln"])


@dataclass(frozen=True)
class Column:
    field: Field
    level: Level
    cells: list[str]

    def system(self, codes: AreaCodes) -> System:
        systems = Counter(system for value in self.cells if (system := codes.system_of(value)))
        return systems.most_common(1)[0][0] if systems else System.KEMENDAGRI

    def distinct(self) -> Iterator[tuple[str, int, int]]:
        """(value, position of the first, how many) of what is filled."""
        counts = Counter(self.cells)
        first = {value: n for n, value in reversed(list(enumerate(self.cells)))}
        for value, count in counts.items():
            if value:
                yield value, first[value], count


def area_codes_are_known(layer: Layer, context: Context) -> Iterator[Fault]:
    """The suggestion is the code of the name beside it, else the nearest code."""
    codes = context.area_codes
    names = {column.level: column for column in _name_columns(layer, context)}
    for column in _code_columns(layer, context):
        system, beside = column.system(codes), names.get(column.level)
        unknown = [entry for entry in column.distinct() if codes.by_code(entry[0]) is None]
        for listed, (value, n, count) in enumerate(unknown):
            named = codes.by_name(beside.cells[n], column.level) if beside else None
            nearest = codes.nearest_code(value) if not named and listed < MOST else None
            meant = named.code(system) if named else nearest
            yield _fault(layer, column, n, {"value": _short(value), "count": count}, meant, codes)


def area_codes_fit_their_names(layer: Layer, context: Context) -> Iterator[Fault]:
    codes = context.area_codes
    names = {column.level: column for column in _name_columns(layer, context)}
    for column in _code_columns(layer, context):
        beside = names.get(column.level)
        for n, (code, name) in _distinct_pairs(column, beside):
            known = codes.by_code(code)
            if beside and known and not codes.fits(code, name):
                meant = codes.by_name(name, column.level) or codes.nearest_name(name, column.level)
                system = codes.system_of(code)
                params: Params = {"value": code, "name": _short(name), "known": known.name}
                yield _fault(layer, column, n, params, meant.code(system) if meant and system else None, codes)


def area_names_are_known(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of columns whose level has no code beside it: there the name is all there is."""
    coded = {column.level for column in _code_columns(layer, context)}
    for column in _name_columns(layer, context):
        if column.level in coded:
            continue
        codes = context.area_codes
        unknown = [entry for entry in column.distinct() if codes.by_name(entry[0], column.level) is None]
        for listed, (value, n, count) in enumerate(unknown):
            meant = codes.nearest_name(value, column.level) if listed < MOST else None
            params: Params = {"value": _short(value), "count": count, "level": column.level.value}
            yield _fault(layer, column, n, params, meant.name if meant else None, codes)


def codes_are_of_one_system(layer: Layer, context: Context) -> Iterator[Fault]:
    for column in _code_columns(layer, context):
        systems = Counter(system for value in column.cells if (system := context.area_codes.system_of(value)))
        if len(systems) > 1:
            said = " dan ".join(f"{count} kode {SYSTEMS[system]}" for system, count in systems.most_common())
            yield Fault({"column": plain(column.field), "systems": said}, column=column.field.name)


def all_areas_are_present(layer: Layer, context: Context) -> Iterator[Fault]:
    """Statistics name every area of their level, in every period."""
    if context.kind is not Kind.STATISTICS:
        return
    columns = _code_columns(layer, context) or _name_columns(layer, context)
    finest = next((column for level in LEVEL_WORDS for column in columns if column.level is level), None)
    if finest is None:
        return
    expected = {area.kemendagri: area.name for area in context.area_codes.at(finest.level)}
    for period, present in _present(layer, finest, context.area_codes).items():
        missing = [name for code, name in expected.items() if code not in present]
        if missing and len(missing) < len(expected):
            params: Params = {"period": period or "seluruh data", "level": finest.level.value, "count": len(missing)}
            yield Fault(
                {**params, "total": len(expected), "missing": ", ".join(missing)},
                column=finest.field.name,
            )


def kelurahan_lie_in_their_kecamatan(layer: Layer, context: Context) -> Iterator[Fault]:
    codes = context.area_codes
    columns = {column.level: column for column in (*_name_columns(layer, context), *_code_columns(layer, context))}
    if set(columns) != {Level.KELURAHAN, Level.KECAMATAN}:
        return
    lower, upper = columns[Level.KELURAHAN], columns[Level.KECAMATAN]
    for n, (small, large) in _distinct_pairs(lower, upper):
        kelurahan = codes.by_code(small) or codes.by_name(small, Level.KELURAHAN)
        kecamatan = codes.by_code(large) or codes.by_name(large, Level.KECAMATAN)
        if kelurahan and kecamatan and kelurahan.parent != kecamatan.kemendagri:
            right = codes.by_code(kelurahan.parent)
            params: Params = {"name": kelurahan.name, "given": kecamatan.name, "right": right.name if right else ""}
            yield Fault(
                {**params, "column": plain(upper.field)},
                row=int(layer.rows[n]),
                column=upper.field.name,
                suggestion=right.name if right else None,
            )


def _present(layer: Layer, column: Column, codes: AreaCodes) -> dict[str, set[str]]:
    """Kemendagri codes by period ("" where there is no period column)."""
    named = str(layer.reading.get("period_column") or "")
    period = find(layer, named) or next((field for field in layer.fields if words(field) & PERIOD_WORDS), None)
    periods = texts(layer, period) if period else [""] * len(layer)
    found: dict[str, set[str]] = {}
    for when, value in zip(periods, column.cells, strict=True):
        area = codes.by_code(value) or codes.by_name(value, column.level)
        found.setdefault(when, set()).update({area.kemendagri} if area else ())
    return found


def _distinct_pairs(one: Column, other: Column | None) -> Iterator[tuple[int, tuple[str, str]]]:
    seen: set[tuple[str, str]] = set()
    for n, pair in enumerate(zip(one.cells, other.cells if other else (), strict=False)):
        if all(pair) and pair not in seen:
            seen.add(pair)
            yield n, pair


def _code_columns(layer: Layer, context: Context) -> list[Column]:
    """Columns named as codes that hold codes of kecamatan or kelurahan, or that the reading names."""
    named = str(layer.reading.get("code") or "")
    found = []
    for field in layer.fields if context.area_codes.areas else ():
        told = bool(named) and find(layer, named) == field
        if not told and not _is_code(field) and not words(field) & ALL_LEVEL_WORDS:
            continue
        cells = texts(layer, field)
        filled = [value for value in cells if value]
        alike = sum(map(looks_like_a_code, filled))
        if filled and (told or alike * 2 >= len(filled)):
            found.append(Column(field, _level(field, filled, context.area_codes), cells))
    return found


def _name_columns(layer: Layer, context: Context) -> list[Column]:
    """Columns named after a level in a few words: a longer heading speaks of areas, it does not name them."""
    found = []
    for field in layer.fields if context.area_codes.areas else ():
        if len(words(field)) > 6:
            continue
        for level, level_words in LEVEL_WORDS.items():
            if words(field) & level_words and not _is_code(field) and is_text(layer, field):
                cells = texts(layer, field)
                if any(cells) and not any(map(looks_like_a_code, cells)):
                    found.append(Column(field, level, cells))
    return found


def _is_code(field: Field) -> bool:
    return bool(words(field) & CODE_WORDS) and not words(field) & NAME_WORDS


def _level(field: Field, filled: list[str], codes: AreaCodes) -> Level:
    """By its name, else by most of its known codes."""
    for level, level_words in LEVEL_WORDS.items():
        if words(field) & level_words:
            return level
    levels = Counter(area.level for value in filled if (area := codes.by_code(value)))
    return levels.most_common(1)[0][0] if levels else Level.KELURAHAN


def _short(text: str) -> str:
    return " ".join(text.split())[:80]


def _fault(layer: Layer, column: Column, n: int, params: Params, suggestion: str | None, codes: AreaCodes) -> Fault:
    meant = codes.by_code(suggestion) if suggestion else None
    return Fault(
        {"column": plain(column.field), **params, "meant": meant.name if meant else ""},
        row=int(layer.rows[n]),
        column=column.field.name,
        suggestion=suggestion,
    )
