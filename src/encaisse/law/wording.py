"""What a message may not say, and what it must say: each finding with its reason and what to write instead.

    >>> from encaisse.law.wording import check_wording
    >>> [finding.phrase for finding in check_wording("Dernier avis avant saisie !", "fr")]
    ['avis avant saisie']

The rules stand in ``phrases/rules.yaml``, their words in ``phrases/fr.yaml`` and ``phrases/en.yaml``, for a jurist to
read and extend; ``load_list`` reads a list of one's own. No legal advice: what is found is forbidden by a text that is
named, what is not found may be forbidden all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, Literal

from encaisse.law.phrase import Folded, Phrase, compile_phrase, fold
from encaisse.law.regimes import all_regimes
from encaisse.law.schema import CONFIDENCES, OWN, BadParameter, check_fields, check_words, read_yaml

Kind = Literal["forbidden", "missing", "must_not"]
LANGUAGES: Final = ("fr", "en")
FINDINGS: Final = ("forbidden", "must_not", "missing")
KINDS: Final = (
    "reminder",
    "notice",
    "call",
    "invoice",
    "general_terms",
    "third_party_first_letter",
    "vat_recovery_duplicate",
)
"""The kinds of document that have wording of their own."""

_RULE = {"finding", "article", "confidence", "why", "instead"}
_OPTIONAL = {"kinds", "regimes", "charges", "name", "elsewhere"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a text. ``phrase``: the words found, as they stand in the text, or the name of what lacks.

    ``why`` and ``instead`` are in the reader's language; ``confidence`` is that of the rule (``own``: from a list of
    the user). ``rule`` names the rule.
    """

    kind: Kind
    rule: str
    phrase: str
    why: str
    instead: str
    article: str
    confidence: str


@dataclass(frozen=True, slots=True)
class WordingRule:
    """A rule with its words, compiled. ``by_language``: a missing passage is looked for in the text's language only."""

    id: str
    finding: Kind
    kinds: frozenset[str]
    regimes: frozenset[str]
    charges_never: bool
    name: Mapping[str, str]
    article: str
    elsewhere: Mapping[str, str]
    confidence: str
    why: Mapping[str, str]
    instead: Mapping[str, str]
    phrases: Mapping[str, tuple[Phrase, ...]]
    unless: Mapping[str, tuple[Phrase, ...]]

    def applies(self, kind: str | None, regime: str | None, *, charges: bool) -> bool:
        """Whether the rule speaks about this kind of document, regime and customer."""
        if self.charges_never and charges:
            return False
        if self.kinds and kind not in self.kinds:
            return False
        if not self.regimes:
            return True
        return regime in self.regimes or (regime is None and self.finding == "missing")

    def article_in(self, regime: str | None) -> str:
        """The article that forbids or asks it under a regime."""
        return self.elsewhere.get(regime or "", self.article)

    def found_in(self, text: Folded) -> str | None:
        """The first passage that a phrase of the rule finds, as it is written; None when there is none."""
        spared = [span for phrase in _all(self.unless) for span in phrase.spans(text.text)]
        for phrase in _all(self.phrases):
            for start, end in phrase.spans(text.text):
                if not any(first < end and start < last for first, last in spared):
                    return text.passage(start, end)
        return None

    def missing_from(self, text: Folded, language: str) -> bool:
        """Whether no phrase of the rule stands in the text."""
        return not any(True for phrase in self.phrases.get(language, ()) for _ in phrase.spans(text.text))


def check_wording(
    text: str,
    language: str,
    *,
    kind: str | None = None,
    regime: str | None = None,
    charges: bool = True,
    reader: str | None = None,
    extra: Sequence[WordingRule] = (),
) -> tuple[Finding, ...]:
    """Everything wrong with a text: forbidden words, words its regime forbids, obligatory passages that lack.

    ``language`` is that of the text (French for ``fr*``, English otherwise); threats are looked for in both languages.
    ``kind`` is one of ``KINDS`` (None: only what no message may say), ``regime`` a code such as ``fr-b2c``.
    ``charges=False``: the customer must never see interest, compensation or costs. ``reader`` is the language of the
    reasons (default: that of the text). ``extra``: rules of one's own, from ``load_list``.
    Raises ValueError for an unknown kind or regime.
    """
    _check_known(kind, regime)
    written = language_of(language)
    told = language_of(reader or language)
    folded = fold(text)
    return tuple(
        Finding(
            rule.finding, rule.id, phrase, rule.why[told], rule.instead[told], rule.article_in(regime), rule.confidence
        )
        for rule in (*_applying(kind, regime, charges), *extra)
        if rule.applies(kind, regime, charges=charges)
        for phrase in _wrong(rule, folded, written, told)
    )


def language_of(code: str) -> str:
    """French for ``fr*``, English for every other code."""
    return "fr" if code.lower().replace("_", "-").split("-")[0] == "fr" else "en"


@cache
def rules() -> tuple[WordingRule, ...]:
    """The rules of the package, read and compiled once. Raises BadParameter when a list is wrong."""
    folder = files("encaisse.law") / "phrases"
    read = {name: read_yaml((folder / name).read_text(encoding="utf-8"), name) for name in _names()}
    known = read.pop("rules.yaml")
    for name, words in read.items():
        odd = sorted(set(known) ^ set(words))
        if odd:
            raise BadParameter(f"{name}: the rules must be those of rules.yaml; look at {', '.join(odd)}")
    return tuple(
        _rule(code, raw, {name.removesuffix(".yaml"): words[code] for name, words in read.items()}, "rules.yaml")
        for code, raw in known.items()
    )


def load_list(text: str, name: str) -> tuple[WordingRule, ...]:
    """Rules of one's own, from a YAML list: each with the fields of ``rules.yaml`` and its ``phrases`` per language.

    ::

        our-tone:
          finding: forbidden
          article: "note interne"
          confidence: own
          why: {fr: "Trop sec.", en: "Too dry."}
          instead: {fr: "Merci de régler.", en: "Please pay."}
          fr: {phrases: ["payez vite"]}
          en: {phrases: ["pay up"]}

    Raises BadParameter, naming ``name`` (the file) and what to mend.
    """
    found = []
    for code, raw in read_yaml(text, name).items():
        check_fields(raw, _RULE, _OPTIONAL | set(LANGUAGES), f"{name}, {code}")
        words = {language: raw[language] for language in LANGUAGES if language in raw}
        if not words:
            raise BadParameter(f"{name}, {code}: give phrases in fr, in en or in both")
        fields = {field: value for field, value in raw.items() if field not in LANGUAGES}
        found.append(_rule(str(code), fields, words, name))
    return tuple(found)


def _wrong(rule: WordingRule, text: Folded, written: str, told: str) -> Iterator[str]:
    if rule.finding == "missing":
        if rule.missing_from(text, written):
            yield rule.name[told]
        return
    passage = rule.found_in(text)
    if passage is not None:
        yield passage


@lru_cache(maxsize=256)
def _applying(kind: str | None, regime: str | None, charges: bool) -> tuple[WordingRule, ...]:
    return tuple(rule for rule in rules() if rule.applies(kind, regime, charges=charges))


@cache
def _regimes() -> frozenset[str]:
    return frozenset(all_regimes()).union(*(rule.regimes for rule in rules()))


def _check_known(kind: str | None, regime: str | None) -> None:
    if kind is not None and kind not in KINDS:
        raise ValueError(f"{kind!r} is not a known kind of document: use one of {', '.join(KINDS)}")
    if regime is not None and regime not in _regimes():
        raise ValueError(f"{regime!r} is not a known regime: use one of {', '.join(sorted(_regimes()))}")


def _all(phrases: Mapping[str, tuple[Phrase, ...]]) -> Iterator[Phrase]:
    for compiled in phrases.values():
        yield from compiled


def _names() -> tuple[str, ...]:
    return ("rules.yaml", *(f"{language}.yaml" for language in LANGUAGES))


def _rule(code: str, raw: Any, words: Mapping[str, Any], name: str) -> WordingRule:
    where = f"{name}, {code}"
    check_fields(raw, _RULE, _OPTIONAL, where)
    if raw["finding"] not in FINDINGS:
        raise BadParameter(f"{where}: finding is one of {', '.join(FINDINGS)}")
    if raw["confidence"] not in (*CONFIDENCES, OWN):
        raise BadParameter(f"{where}: confidence is one of {', '.join((*CONFIDENCES, OWN))}")
    if raw.get("charges", "never") != "never":
        raise BadParameter(f"{where}: charges can only be never")
    if raw["finding"] == "missing" and "name" not in raw:
        raise BadParameter(f"{where}: a rule on what is missing needs its name, in fr and en")
    odd = sorted(set(raw.get("kinds", ())) - set(KINDS))
    if odd:
        raise BadParameter(f"{where}: {', '.join(odd)} is no kind of document: use {', '.join(KINDS)}")
    return WordingRule(
        id=code,
        finding=raw["finding"],
        kinds=frozenset(raw.get("kinds", ())),
        regimes=frozenset(raw.get("regimes", ())),
        charges_never="charges" in raw,
        name=check_words(raw["name"], f"{where}: name") if "name" in raw else {},
        article=str(raw["article"]).strip(),
        elsewhere={str(regime): str(article) for regime, article in raw.get("elsewhere", {}).items()},
        confidence=raw["confidence"],
        why=check_words(raw["why"], f"{where}: why"),
        instead=check_words(raw["instead"], f"{where}: instead"),
        phrases={language: _phrases(one, "phrases", f"{where}, {language}") for language, one in words.items()},
        unless={language: _phrases(one, "unless", f"{where}, {language}") for language, one in words.items()},
    )


def _phrases(raw: Any, field: str, where: str) -> tuple[Phrase, ...]:
    check_fields(raw, {"phrases"}, {"unless"}, where)
    listed = raw.get(field, [])
    if not isinstance(listed, list) or (field == "phrases" and not listed):
        raise BadParameter(f"{where}: {field} is a list of phrases")
    if not all(isinstance(phrase, str) for phrase in listed):
        raise BadParameter(f"{where}: a phrase is a text; write it between quotes")
    return tuple(compile_phrase(phrase, where) for phrase in listed)
