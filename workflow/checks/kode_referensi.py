"""Kode Referensi: areas carry the codes and names that everyone uses."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from workflow.area_codes import Area, AreaCodes, Level, System, looks_like_a_code, plain_name
from workflow.checks.claims import MOST, Context, Fault, Params
from workflow.checks.columns import find, is_text, texts, words
from workflow.labels import SYSTEMS
from workflow.layer import Field, Layer
from workflow.sop import Kind

CODE_WORDS = frozenset({"kode", "kd", "code", "bps", "kemendagri", "dagri", "kdepum", "kdebps", "kdcpum", "kdcbps"})
SIGNS = frozenset({"kode", "kd", "code"})
NAME_WORDS = frozenset({"nama", "nm", "name"})
LEVEL_WORDS = {
    Level.KELURAHAN: frozenset(["kelurahan", "kel", "desa", "wadmkd"]),
    Level.KECAMATAN: frozenset(["kecamatan", "kec", "wadmkc"]),
}
PERIOD_WORDS = frozenset(["tahun", "thn", "year", "periode", "semester", "triwulan", "bulan", "bln"])


@dataclass(frozen=True)
class Column:
    """A column of codes or of names of one level, its cells as text."""

    field: Field
    level: Level
    cells: list[str]

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.cells)

    def systems(self, codes: AreaCodes) -> Counter[System]:
        found = Counter[System]()
        for value, count in self.counts.items():
            if system := codes.system_of(value):
                found[system] += count
        return found

    def distinct(self) -> Iterator[tuple[str, int, int]]:
        """(value, position of the first, how many) of what is filled."""
        first = dict(zip(reversed(self.cells), range(len(self.cells) - 1, -1, -1), strict=True))
        for value, count in self.counts.items():
            if value:
                yield value, first[value], count

    def area(self, value: str, codes: AreaCodes) -> Area | None:
        past = codes.of_the_past(value, self.level)
        return codes.by_code(value) or codes.by_name(value, self.level) or (past[0] if past else None)


def area_codes_are_known(layer: Layer, context: Context) -> Iterator[Fault]:
    """The suggestion is the code of the name beside it, else the nearest code."""
    codes = context.area_codes
    names = {column.level: column for column in _name_columns(layer, context)}
    for column in code_columns(layer, context):
        beside = names.get(column.level)
        systems = column.systems(codes).most_common(1)
        unknown = [entry for entry in column.distinct() if codes.by_code(entry[0]) is None]
        for listed, (value, n, count) in enumerate(unknown):
            named = column.area(beside.cells[n], codes) if beside else None
            nearest = codes.nearest_code(value) if not named and listed < MOST else None
            meant = named.code(systems[0][0] if systems else System.KEMENDAGRI) if named else nearest
            yield _fault(column, n, {"value": _short(value), "count": count}, meant, codes)


def area_codes_fit_their_names(layer: Layer, context: Context) -> Iterator[Fault]:
    codes = context.area_codes
    names = {column.level: column for column in _name_columns(layer, context)}
    for column in code_columns(layer, context):
        for n, (code, name) in _distinct_pairs(column, names.get(column.level)):
            known, system = codes.by_code(code), codes.system_of(code)
            if known and system and not codes.fits(code, name):
                meant = codes.by_name(name, column.level) or codes.nearest_name(name, column.level)
                params: Params = {"value": code, "name": _short(name), "known": known.name}
                yield _fault(column, n, params, meant.code(system) if meant else None, codes)


def area_names_are_known(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of columns whose level has no code beside it: there the name is all there is."""
    codes = context.area_codes
    coded = {column.level for column in code_columns(layer, context)}
    for column in _name_columns(layer, context):
        if column.level not in coded:
            unknown = [entry for entry in column.distinct() if column.area(entry[0], codes) is None]
            for listed, (value, n, count) in enumerate(unknown):
                meant = codes.nearest_name(value, column.level) if listed < MOST else None
                params: Params = {"value": _short(value), "count": count, "level": column.level.value}
                yield _fault(column, n, params, meant.name if meant else None, codes)


def area_names_are_todays(layer: Layer, context: Context) -> Iterator[Fault]:
    for column in _name_columns(layer, context):
        for value, n, count in column.distinct():
            if past := context.area_codes.of_the_past(value, column.level):
                params: Params = {"value": _short(value), "count": count, "year": past[1][:4]}
                yield Fault(params, n, column.field, suggestion=past[0].name)


def codes_and_names_go_together(layer: Layer, context: Context) -> Iterator[Fault]:
    """Of any list, ours or another's: kode_x beside nama_x, and a code that stands for another name in most rows."""
    by_rest = {words(field) - NAME_WORDS: field for field in layer.fields if words(field) & NAME_WORDS}
    for field in (field for field in layer.fields if words(field) & SIGNS):
        if named := by_rest.get(words(field) - SIGNS):
            both = list(zip(texts(layer, field), texts(layer, named), strict=True))
            pairs = Counter(both)
            usual = {code: name for (code, name), _ in reversed(pairs.most_common())}
            codes = {name: code for (code, name), _ in reversed(pairs.most_common())}
            for (code, name), count in pairs.items():
                other = usual[code]
                if code and name and count * 2 < pairs[code, other] and plain_name(name) != plain_name(other):
                    params: Params = {
                        "value": _short(code),
                        "name": _short(name),
                        "count": count,
                        "other": _short(other),
                    }
                    right = codes[name] if codes[name] != code else None
                    yield Fault(params, both.index((code, name)), field, suggestion=right)


def codes_are_of_one_system(layer: Layer, context: Context) -> Iterator[Fault]:
    """Each code of the rarer system is told with that of the other."""
    codes = context.area_codes
    for column in code_columns(layer, context):
        systems = column.systems(codes).most_common()
        said = " dan ".join(f"{count} kode {SYSTEMS[system]}" for system, count in systems)
        for value, n, _ in column.distinct() if len(systems) > 1 else ():
            if codes.system_of(value) is systems[1][0] and (area := codes.by_code(value)):
                params: Params = {"systems": said, "value": value}
                yield Fault(params, n, column.field, suggestion=area.code(systems[0][0]))


def all_areas_are_present(layer: Layer, context: Context) -> Iterator[Fault]:
    """Statistics name every area of their level, in every period."""
    codes, finest = context.area_codes, finest_areas(layer, context)
    if context.kind is not Kind.STATISTICS or finest is None:
        return
    named = find(layer, layer.reading.get("period_column"))
    period = named or next((field for field in layer.fields if words(field) & PERIOD_WORDS), None)
    present: dict[str, set[str]] = {}
    whens = texts(layer, period) if period else [""] * len(layer)
    for when, value in dict.fromkeys(zip(whens, finest.cells, strict=True)):
        area = finest.area(value, codes)
        present.setdefault(when, set()).update({area.kemendagri} if area else ())
    expected = codes.at(finest.level)
    for when, there in present.items():
        missing = [area.name for area in expected if area.kemendagri not in there]
        if 0 < len(missing) < len(expected):
            params: Params = {"period": when or "seluruh data", "level": finest.level.value, "count": len(missing)}
            yield Fault({**params, "total": len(expected), "missing": ", ".join(missing)}, field=finest.field)


def finest_areas(layer: Layer, context: Context) -> Column | None:
    """The column of the smallest areas: of codes where there is one, else of names."""
    columns = [*code_columns(layer, context)] or [*_name_columns(layer, context)]
    return next((column for level in LEVEL_WORDS for column in columns if column.level is level), None)


def kelurahan_lie_in_their_kecamatan(layer: Layer, context: Context) -> Iterator[Fault]:
    codes = context.area_codes
    columns = {column.level: column for column in (*_name_columns(layer, context), *code_columns(layer, context))}
    if set(columns) != {Level.KELURAHAN, Level.KECAMATAN}:
        return
    lower, upper = columns[Level.KELURAHAN], columns[Level.KECAMATAN]
    for n, (small, large) in _distinct_pairs(lower, upper):
        kelurahan, kecamatan = lower.area(small, codes), upper.area(large, codes)
        if kelurahan and kecamatan and kelurahan.parent != kecamatan.kemendagri:
            right = codes.by_code(kelurahan.parent)
            system = codes.system_of(large)
            params: Params = {"name": kelurahan.name, "given": kecamatan.name, "right": right.name if right else ""}
            written = (right.code(system) if system else right.name) if right else None
            yield Fault(params, n, upper.field, suggestion=written)


def _distinct_pairs(one: Column, other: Column | None) -> Iterator[tuple[int, tuple[str, str]]]:
    rows = range(len(one.cells) - 1, -1, -1)
    first = dict(zip(zip(reversed(one.cells), reversed(other.cells), strict=True), rows, strict=True)) if other else {}
    yield from sorted((n, pair) for pair, n in first.items() if all(pair))


def code_columns(layer: Layer, context: Context) -> Iterator[Column]:
    """Columns named as codes that hold codes of kecamatan or kelurahan, or that the reading names."""
    told = find(layer, layer.reading.get("code"))
    for field in layer.fields if context.area_codes.areas else ():
        levels = _levels(field)
        if field == told or _is_code(field) or levels:
            column = Column(field, Level.KELURAHAN, texts(layer, field))
            filled = sum(column.counts.values()) - column.counts[""]
            coded = sum(count for value, count in column.counts.items() if looks_like_a_code(value))
            if filled and (field == told or coded * 2 >= filled):
                known = Counter[Level]()
                for value, count in column.counts.items():
                    if area := context.area_codes.by_code(value):
                        known[area.level] += count
                by_cells = [level for level, _ in known.most_common(1)]
                yield replace(column, level=(levels + by_cells + [Level.KELURAHAN])[0])


def _name_columns(layer: Layer, context: Context) -> Iterator[Column]:
    """Columns named after a level in a few words: a longer heading speaks of areas, it does not name them."""
    for field in layer.fields if context.area_codes.areas else ():
        levels = _levels(field)
        if levels and len(words(field)) <= 6 and not _is_code(field) and is_text(layer, field):
            cells = texts(layer, field)
            if any(cells) and not any(map(looks_like_a_code, set(cells))):
                yield from (Column(field, level, cells) for level in levels)


def _is_code(field: Field) -> bool:
    return bool(words(field) & CODE_WORDS) and not words(field) & NAME_WORDS


def _levels(field: Field) -> list[Level]:
    """That its name speaks of."""
    return [level for level, level_words in LEVEL_WORDS.items() if words(field) & level_words]


def _short(text: str) -> str:
    return " ".join(text.split())[:80]


def _fault(column: Column, n: int, params: Params, suggestion: str | None, codes: AreaCodes) -> Fault:
    meant = codes.by_code(suggestion) if suggestion else None
    return Fault({**params, "meant": meant.name if meant else ""}, n, column.field, suggestion=suggestion)
