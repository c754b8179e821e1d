"""What is served now, as people look for it: entries, search, facets."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from server.pages.language import _
from server.pages.words import KINDS, TOPICS, Look
from server.store import Records
from workflow.sop import Kind
from workflow.store import Release

BOUNDARIES = "batas-kelurahan"


@dataclass(eq=False)
class Entry:
    """A dataset that is served, with its current release. `agency` is the OPD's name."""

    release: Release
    agency: str
    agency_short: str

    def __post_init__(self) -> None:
        self.id, self.published_at, self.manifest = (
            self.release.dataset,
            self.release.published_at,
            self.release.manifest,
        )
        self.metadata: Mapping[str, Any] = self.manifest.get("metadata", {})
        self.title, self.kind = str(self.manifest["title"]), Kind(self.manifest["kind"])
        self.abstract, self.topic = (str(self.metadata.get(name) or "") for name in ("abstract", "topic"))
        self.topic_look = TOPICS.get(self.topic, Look("tag", "", "Lain-lain"))
        self.keywords = [str(word) for word in self.metadata.get("keywords") or ()]
        self.period = str(self.metadata.get("period") or "").replace("/", "–")
        self.indicative = any("indikatif" in text.casefold() for text in (self.title, self.abstract, *self.keywords))

    @property
    def summary(self) -> str:
        """The abstract's first sentence."""
        return self.abstract.partition(". ")[0].rstrip(".") + "." if self.abstract else ""

    @property
    def table(self) -> Mapping[str, Any]:
        """The collection whose rows the page shows."""
        first: Mapping[str, Any] = self.manifest["collections"][0]
        return first

    @property
    def drawn(self) -> Mapping[str, Any] | None:
        """The collection that a map can show."""
        return next((entry for entry in self.manifest["collections"] if entry.get("geometry_type")), None)

    @cached_property
    def _texts(self) -> tuple[tuple[int, str, str], ...]:
        """(weight, where, text) of everything that search looks at; `where` is empty for what the list shows."""
        fields = [str(field.get("title") or field["name"]) for field in self.table.get("fields", ())]
        return (
            (16, "", self.title),
            *((8, "Kata kunci", word) for word in self.keywords),
            (4, "", f"{self.agency} {self.agency_short}"),
            (4, "", self.topic_look.word),
            *((2, "Kolom", title) for title in fields),
            (1, "Keterangan", self.abstract),
        )

    def match(self, words: Sequence[str]) -> tuple[int, str] | None:
        """How well every word is found, and where the least visible one is; None where one is not."""
        score, reason = 0, ""
        texts = (*self._texts, (4, "", _(self.topic_look.word)))
        for word in words:
            found = [text for text in texts if word in text[2].casefold()]
            if not found:
                return None
            weight, where, text = max(found, key=lambda text: text[0])
            score += weight
            if where:
                reason = f"{_(where)}: {text}" if where != "Keterangan" else _("disebut dalam keterangannya")
        return score, reason


@dataclass(frozen=True)
class Question:
    """What somebody looks for; the address of /data says it whole."""

    q: str = ""
    tema: str = ""
    opd: str = ""
    jenis: str = ""
    hal: int = 1

    def address(self, **changes: str | int) -> str:
        asked = replace(self, **{"hal": 1, **changes})  # type: ignore[arg-type]
        said = {name: value for name, value in vars(asked).items() if value and (name, value) != ("hal", 1)}
        return "/data" + (f"?{urlencode(said)}" if said else "")

    def words(self) -> list[str]:
        return self.q.casefold().split()


@dataclass(frozen=True)
class Choice:
    word: str
    count: int
    address: str
    chosen: bool


@dataclass(frozen=True)
class Found:
    entry: Entry
    reason: str = ""


FACETS: dict[str, tuple[str, Callable[[Entry], tuple[str, str]]]] = {
    "tema": ("Tema", lambda entry: (entry.topic, _(entry.topic_look.word))),
    "opd": ("Perangkat daerah", lambda entry: (entry.release.agency, entry.agency)),
    "jenis": ("Jenis", lambda entry: (entry.kind, _(KINDS[entry.kind].word))),
}


class Catalogue:
    """Made anew only when the registry's revision changes."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._kept: tuple[int, tuple[Entry, ...]] = (-1, ())

    def entries(self) -> tuple[Entry, ...]:
        """Newest first."""
        revision, entries = self._kept
        if revision != self._records.revision():
            registry = self._records.registry()
            agencies = {agency.id: agency for agency in self._records.agencies()}
            current = (_entry(release, agencies) for release in registry.current)
            entries = tuple(sorted(current, key=lambda entry: entry.published_at, reverse=True))
            self._kept = (registry.revision, entries)
        return entries

    def entry(self, id: str) -> Entry | None:
        return next((entry for entry in self.entries() if entry.id == id), None)

    def base_map(self) -> str | None:
        """Where the boundaries that every map is drawn on come from, once they are published."""
        return f"/ogc/collections/{BOUNDARIES}/items?f=json&limit=1000" if self.entry(BOUNDARIES) else None


def _entry(release: Release, agencies: Mapping[str, Any]) -> Entry:
    agency = agencies.get(release.agency)
    contact = release.manifest.get("metadata", {}).get("contact") or {}
    name = agency.name if agency else str(contact.get("organization") or release.agency)
    return Entry(release, name, agency.short_name if agency else name)


def search(entries: Iterable[Entry], asked: Question) -> list[Found]:
    """Best match first; without words, in the order given."""
    chosen = [entry for entry in entries if _passes(entry, asked)]
    if not asked.words():
        return [Found(entry) for entry in chosen]
    matched = [(match, entry) for entry in chosen if (match := entry.match(asked.words()))]
    return [Found(entry, match[1]) for match, entry in sorted(matched, key=lambda pair: -pair[0][0])]


def _passes(entry: Entry, asked: Question, but: str = "") -> bool:
    wanted = {name: getattr(asked, name) for name in FACETS if name != but}
    return all(not value or FACETS[name][1](entry)[0] == value for name, value in wanted.items())


def facets(entries: Sequence[Entry], asked: Question) -> dict[str, list[Choice]]:
    """The choices of each facet, counted over what the rest of the question finds."""
    return {_(title): list(_choices(entries, asked, name)) for name, (title, _value) in FACETS.items()}


def _choices(entries: Sequence[Entry], asked: Question, name: str) -> Iterable[Choice]:
    words, value_of, now = asked.words(), FACETS[name][1], getattr(asked, name)
    left = [entry for entry in entries if _passes(entry, asked, but=name) and (not words or entry.match(words))]
    counts = Counter(value_of(entry) for entry in left)
    for (value, word), count in sorted(counts.items(), key=lambda item: (-item[1], item[0][1])):
        if value:
            yield Choice(word, count, asked.address(**{name: "" if value == now else value}), value == now)


def suggestion(entries: Iterable[Entry], asked: Question) -> str | None:
    """The question with its unknown words replaced by known ones that are spelled alike."""
    known = {word for entry in entries for text in (entry.title, *entry.keywords) for word in text.casefold().split()}
    better = [word if word in known else next(iter(get_close_matches(word, known, 1)), word) for word in asked.words()]
    return " ".join(better) if better != asked.words() else None
