"""The text files beside this module: read once, checked, and found by step name, language and kind of customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

import yaml

from encaisse.documents.words import LANGUAGES

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
_AUDIENCES = ("consumer", "public")
# From soft to formal, as the steps of a strategy name them.
TONES = ("friendly", "neutral", "firm", "formal")
_MARKERS = frozenset({"[invoices]", "[claim]", "[payment]"})


class UnknownTemplate(LookupError):
    """No text file bears this name, nor any shorter form of it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a text file; a locked one may not be removed by an edit."""

    source: str
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A text file, its placeholders not yet filled."""

    name: str
    subject: str
    greeting: str
    passages: tuple[Passage, ...]
    blocked: str
    closing: str
    tone: str = ""

    @property
    def claims(self) -> bool:
        """Whether the message asks for interest and indemnity as well, not only for the principal."""
        return any(passage.source == "[claim]" for passage in self.passages)


@dataclass(frozen=True, slots=True)
class ScriptTemplate:
    """The words of a call: the usual ones, then what replaces them per profile and for a consumer."""

    base: Mapping[str, object]
    profiles: Mapping[str, Mapping[str, object]]
    consumer: Mapping[str, object]


@cache
def templates(language: str) -> Mapping[str, Template]:
    """Every message of a language by name. Raises ValueError, naming the file, when one is malformed."""
    common = _read(_folder(language) / "_common.yaml")
    found = {}
    for entry in sorted(_folder(language).iterdir(), key=lambda item: item.name):
        name = entry.name.removesuffix(".yaml")
        if entry.is_file() and not name.startswith("_") and entry.name.endswith(".yaml"):
            found[name] = _template(name, {**common, **_read(entry)})
    return MappingProxyType(found)


@cache
def scripts(language: str) -> Mapping[str, ScriptTemplate]:
    """Every call script of a language by name."""
    found = {}
    for entry in sorted((_folder(language) / "scripts").iterdir(), key=lambda item: item.name):
        data = dict(_read(entry))
        profiles, consumer = data.pop("profiles", {}), data.pop("consumer", {})
        if not isinstance(profiles, dict) or not isinstance(consumer, dict):
            raise ValueError(f"{entry.name}: profiles and consumer are mappings")
        found[entry.name.removesuffix(".yaml")] = ScriptTemplate(data, profiles, consumer)
    return MappingProxyType(found)


@cache
def labels(language: str) -> Mapping[str, str]:
    """Table heads and fixed words of a language."""
    return MappingProxyType({key: str(value) for key, value in _read(_folder(language) / "_labels.yaml").items()})


def resolve(name: str, *, consumer: bool = False, public: bool = False, tone: str = "") -> str:
    """The file to use for a step's template name.

    The regime decides the audience: a consumer never gets the text of a company, nor a company that of a
    town hall, whatever the strategy names. A name without a file falls back on its base name
    (``firm-courteous-late`` → ``firm-courteous`` → ``firm``). A ``tone`` (one of TONES) softer than the one the file
    is written in takes its courteous form, where there is one. Raises UnknownTemplate when nothing is left.
    """
    known = templates(LANGUAGES[0])
    audience = "consumer" if consumer else "public" if public else ""
    parts = [part for part in name.split("-") if part not in _AUDIENCES]
    shorter = shorter_names("-".join(parts))
    if audience:
        for candidate in shorter:
            if f"{candidate}-{audience}" in known:
                return f"{candidate}-{audience}"
    for candidate in shorter:
        if candidate in known:
            return _softer(candidate, tone)
    raise UnknownTemplate(name)


def shorter_names(name: str) -> list[str]:
    """A name and its beginnings, longest first: ``a-b-c``, ``a-b``, ``a``."""
    parts = name.split("-")
    return ["-".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _softer(name: str, tone: str) -> str:
    known = templates(LANGUAGES[0])
    own, softer = known[name].tone, f"{name}-courteous"
    if tone not in TONES or own not in TONES or softer not in known:
        return name
    return softer if TONES.index(tone) < TONES.index(own) else name


def _folder(language: str) -> Traversable:
    if language not in LANGUAGES:
        raise ValueError(f"no texts in {language!r}: use one of {', '.join(LANGUAGES)}")
    return files("encaisse.documents") / "texts" / language


def _read(entry: Traversable) -> dict[str, object]:
    data = yaml.load(entry.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - safe loaders both
    if not isinstance(data, dict):
        raise ValueError(f"{entry.name}: a mapping is expected")
    return data


def _template(name: str, data: Mapping[str, object]) -> Template:
    missing = {"subject", "greeting", "paragraphs", "blocked", "closing"} - data.keys()
    if missing:
        raise ValueError(f"{name}: {', '.join(sorted(missing))} missing")
    paragraphs = data["paragraphs"]
    if not isinstance(paragraphs, list):
        raise ValueError(f"{name}: paragraphs is a list")
    passages = tuple(_passage(item) for item in paragraphs)
    unknown = {p.source for p in passages if p.source.startswith("[")} - _MARKERS
    if unknown:
        raise ValueError(f"{name}: {', '.join(sorted(unknown))} is no block")
    return Template(
        name=name,
        subject=str(data["subject"]),
        greeting=str(data["greeting"]),
        passages=passages,
        blocked=str(data["blocked"]),
        closing=str(data["closing"]),
        tone=str(data.get("tone", "")),
    )


def _passage(item: object) -> Passage:
    if isinstance(item, dict):
        return Passage(str(item["text"]), bool(item.get("locked", False)))
    return Passage(str(item))
