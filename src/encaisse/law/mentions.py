"""What a document must say on a day: the mentions of invoices, general terms, notices, first letters, duplicates.

    >>> from datetime import date
    >>> from encaisse.law.mentions import mentions
    >>> given = mentions("vat_recovery_duplicate", date(2026, 11, 21), "fr")
    >>> given[0].missing
    ('net', 'vat')

The texts stand in ``mentions.yaml``, for a jurist to read; figures come from the parameters of the day, so that a text
never says a rate that has ended. French is the language of the law: the English texts are for reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from string import Formatter
from types import MappingProxyType
from typing import Any

from encaisse.law.constants import constant
from encaisse.law.counting import in_words, typeset
from encaisse.law.regimes import find_regime
from encaisse.law.schema import (
    FROM_SURE_TO_DOUBTFUL,
    BadParameter,
    check_fields,
    check_words,
    read_days,
    read_source,
    read_yaml,
)
from encaisse.law.series import load_series
from encaisse.money import Money, to_decimal_text

KINDS = (
    "invoice",
    "general_terms",
    "notice",
    "third_party_first_letter",
    "vat_recovery_duplicate",
    "quote_consumer",
)
LANGUAGES = ("fr", "en")

_DEFAULT_REGIME = {"quote_consumer": "fr-b2c"}
_FILE = "mentions.yaml"
_FIELDS = {"kinds", "obligatory", "sources", "text"}
_OPTIONAL_FIELDS = {"regimes", "when", "unless", "size_from", "figures"}
_FACT_KINDS = ("text", "date", "money", "euros", "rate", "days", "flag", "choice")
_FIGURES = ({"constant"}, {"series"}, {"series", "phrase"}, {"regime"})
_SIZES = ("large", "mid", "small")
_PROFESSIONALS = "professionals"
_CONSUMERS = ("fr-b2c", "fr-c2c", "de-b2c", "be-b2c")
_NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing to write. ``missing`` are the facts that nobody gave: they stand in ``text`` as [their name].

    ``obligatory``: the law asks for it, else it is advised. ``confidence`` is the weakest of the rule and its figures.
    """

    id: str
    text: str
    reference: str
    confidence: str
    obligatory: bool
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    first: date | None
    last: date | None
    reference: str
    confidence: str


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    kinds: frozenset[str]
    regimes: frozenset[str]
    when: tuple[str, ...]
    unless: tuple[str, ...]
    size_from: Mapping[str, str]
    obligatory: bool | str
    sources: tuple[_Source, ...]
    figures: Mapping[str, Mapping[str, str]]
    text: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Fact:
    kind: str
    choices: tuple[str, ...]
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Table:
    facts: Mapping[str, _Fact]
    phrases: Mapping[str, Mapping[str, str]]
    choices: Mapping[str, Mapping[str, str]]
    rules: tuple[_Rule, ...]


def mentions(
    kind: str, on: date, language: str = "fr", *, regime: str | None = None, **facts: object
) -> tuple[Mention, ...]:
    """What a document of this kind says on a day, in the order in which it is read.

    ``regime`` is fr-b2b when not given (fr-b2c for a quote to a consumer). Facts are those of ``known_facts``: texts,
    dates, ``Money``, exact rates (Decimal, percent per year), whole numbers of days, yes or no; what is not given
    (None, an empty text, no) stands in the text by its name. Raises ValueError for an unknown kind, language, regime or
    fact, TypeError for a fact of the wrong type.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a document with mentions: use one of {', '.join(KINDS)}")
    if language not in LANGUAGES:
        raise ValueError(f"{language!r} is not a language of these texts: use one of {', '.join(LANGUAGES)}")
    code = find_regime(regime or _DEFAULT_REGIME.get(kind, "fr-b2b")).code
    given = {name: value for name, value in facts.items() if value not in (None, "", False)}
    for name, value in given.items():
        _check_fact(name, value)
    found = (_mention(rule, on, language, code, given) for rule in _table().rules if kind in rule.kinds)
    return tuple(mention for mention in found if mention is not None)


def known_facts() -> Mapping[str, tuple[str, Mapping[str, str]]]:
    """The facts a mention can be told: name, kind of value, and label in ``fr`` and ``en``."""
    return MappingProxyType({name: (fact.kind, fact.label) for name, fact in _table().facts.items()})


def _mention(rule: _Rule, on: date, language: str, regime: str, given: Mapping[str, object]) -> Mention | None:
    source = next((one for one in rule.sources if (one.first or date.min) <= on <= (one.last or date.max)), None)
    if source is None or (rule.regimes and regime not in rule.regimes):
        return None
    if not all(name in given for name in rule.when) or any(name in given for name in rule.unless):
        return None
    if rule.size_from and on < constant(rule.size_from[str(given.get("size", "small"))]).day:
        return None
    texts: dict[str, str] = {}
    confidences = [source.confidence]
    missing: list[str] = []
    for name in _names(rule.text[language]):
        if name in rule.figures:
            texts[name], confidence = _figure(rule.figures[name], on, language, regime)
            confidences.append(confidence)
        elif name in given:
            texts[name] = _written(name, given[name], language)
        else:
            texts[name] = f"[{_table().facts[name].label[language]}]"
            missing.append(name)
    reference = find_regime(regime).reference if _of_regime(rule) else source.reference
    weakest = max(confidences, key=FROM_SURE_TO_DOUBTFUL.index)
    text = typeset(rule.text[language].format_map(texts), language)
    obligatory = regime not in _CONSUMERS if rule.obligatory == _PROFESSIONALS else bool(rule.obligatory)
    return Mention(rule.id, text, reference, weakest, obligatory, tuple(missing))


def _of_regime(rule: _Rule) -> bool:
    return any("regime" in figure for figure in rule.figures.values())


def _figure(figure: Mapping[str, str], on: date, language: str, regime: str) -> tuple[str, str]:
    """The text of a figure of the law on a day, and how sure it is."""
    if "regime" in figure:
        rules = find_regime(regime)
        words: Mapping[str, str] = getattr(rules, figure["regime"])
        return words[language], rules.confidence
    if "constant" in figure:
        found = constant(figure["constant"], on)
        return _number(found.number, language), found.confidence
    series = load_series(figure["series"])
    point = series.known_on(on)
    if point is None:
        return "", "sure"
    if "phrase" not in figure:
        return _amount(Money(int(point.value * 100), series.unit), language), point.confidence
    phrase = _table().phrases[figure["phrase"]][language]
    last = in_words(point.end, language) if point.end else ""
    return phrase.format(value=_rate(point.value, language), last=last), point.confidence


def _written(name: str, value: Any, language: str) -> str:
    """A fact as it is written in a text of that language."""
    return _WRITERS[_table().facts[name].kind](value, language)


def _number(value: Decimal, language: str) -> str:
    text = format(value.normalize(), "f")
    return text.replace(".", ",") if language == "fr" else text


def _rate(value: Decimal, language: str) -> str:
    """A rate with two decimals at least."""
    rounded = value.quantize(Decimal("0.01"))
    text = format(rounded if rounded == value else value.normalize(), "f")
    return text.replace(".", ",") if language == "fr" else text


def _amount(value: Money, language: str) -> str:
    """An amount with its currency; whole amounts without decimals when they are sums of the law (40 €)."""
    text = _grouped(value, language).removesuffix(",00").removesuffix(".00")
    return _with_currency(text, value.currency, language)


def _money(value: Money, language: str) -> str:
    return _with_currency(_grouped(value, language), value.currency, language)


def _euros(value: Money, language: str) -> str:
    return f"{_grouped(value, language)}{_NO_BREAK}euros"


def _choice(value: str, language: str) -> str:
    return _table().choices[value][language]


def _with_currency(text: str, currency: str, language: str) -> str:
    sign = "€" if currency == "EUR" and language == "fr" else currency
    return f"{text}{_NO_BREAK}{sign}"


def _grouped(value: Money, language: str) -> str:
    whole, _, decimals = to_decimal_text(value.minor, value.currency).partition(".")
    thousands, point = (_NO_BREAK, ",") if language == "fr" else (",", ".")
    grouped = f"{int(whole):,}".replace(",", thousands)
    return f"{grouped}{point}{decimals}" if decimals else grouped


_WRITERS: Mapping[str, Callable[[Any, str], str]] = MappingProxyType(
    {
        "text": lambda value, language: str(value),
        "date": in_words,
        "money": _money,
        "euros": _euros,
        "rate": _rate,
        "days": lambda value, language: str(value),
        "choice": _choice,
    }
)
_TYPES: Mapping[str, tuple[type, str]] = MappingProxyType(
    {
        "text": (str, "a text"),
        "date": (date, "a date"),
        "money": (Money, "an amount of money (Money)"),
        "euros": (Money, "an amount of money (Money)"),
        "rate": (Decimal, "an exact rate (Decimal, percent per year)"),
        "days": (int, "a whole number"),
        "flag": (bool, "yes or no (True, False)"),
        "choice": (str, "a word"),
    }
)


def _check_fact(name: str, value: object) -> None:
    known = _table().facts
    if name not in known:
        raise ValueError(f"{name!r} is not a fact of a mention: use one of {', '.join(known)}")
    fact = known[name]
    wanted, words = _TYPES[fact.kind]
    if type(value) is not wanted:
        raise TypeError(f"{name} is {words}, not {type(value).__name__}")
    if fact.choices and value not in fact.choices:
        raise ValueError(f"{name} {value!r} is not known: use one of {', '.join(fact.choices)}")
    if fact.kind == "euros" and isinstance(value, Money) and value.currency != "EUR":
        raise ValueError(f"{name} is in {value.currency}: French VAT is stated in EUR")


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for _, name, _, _ in Formatter().parse(text) if name))


@cache
def _table() -> _Table:
    return parse_mentions((files("encaisse.law") / _FILE).read_text(encoding="utf-8"), _FILE)


def parse_mentions(text: str, name: str) -> _Table:
    """Read and check the table of mentions. Raises BadParameter, naming the file and what to mend."""
    content = read_yaml(text, name)
    check_fields(content, {"facts", "phrases", "choices", "mentions"}, set(), name)
    facts = {key: _fact(raw, f"{name}, fact {key}") for key, raw in content["facts"].items()}
    words = {
        part: {key: _words(raw, f"{name}, {key}") for key, raw in content[part].items()}
        for part in ("phrases", "choices")
    }
    rules = tuple(_rule(key, raw, f"{name}, {key}") for key, raw in content["mentions"].items())
    for rule in rules:
        _check_rule(rule, facts, words["phrases"], f"{name}, {rule.id}")
    for key, fact in facts.items():
        _refuse(set(fact.choices) - set(words["choices"]), f"{name}, fact {key}: no words for the choice")
    return _Table(facts, words["phrases"], words["choices"], rules)


def _words(raw: Any, where: str) -> Mapping[str, str]:
    check_words(raw, where)
    return {language: str(text) for language, text in raw.items()}


def _fact(raw: Any, where: str) -> _Fact:
    check_fields(raw, {"kind", "fr", "en"}, {"choices"}, where)
    if raw["kind"] not in _FACT_KINDS:
        raise BadParameter(f"{where}: kind is one of {', '.join(_FACT_KINDS)}")
    label = check_words({language: raw[language] for language in LANGUAGES}, where)
    return _Fact(raw["kind"], tuple(raw.get("choices", ())), label)


def _rule(key: str, raw: Any, where: str) -> _Rule:
    check_fields(raw, _FIELDS, _OPTIONAL_FIELDS, where)
    if type(raw["obligatory"]) is not bool and raw["obligatory"] != _PROFESSIONALS:
        raise BadParameter(f"{where}: obligatory is true, false or {_PROFESSIONALS}")
    sources = tuple(_source(one, where) for one in raw["sources"])
    return _Rule(
        id=key,
        kinds=frozenset(raw["kinds"]),
        regimes=frozenset(raw.get("regimes", ())),
        when=tuple(raw.get("when", ())),
        unless=tuple(raw.get("unless", ())),
        size_from=raw.get("size_from", {}),
        obligatory=raw["obligatory"],
        sources=sources,
        figures=raw.get("figures", {}),
        text=check_words(raw["text"], f"{where}: text"),
    )


def _source(raw: Any, where: str) -> _Source:
    check_fields(raw, {"from", "to", "reference", "confidence"}, set(), where)
    return _Source(*read_days(raw, where), *read_source(raw, where))


def _check_rule(rule: _Rule, facts: Mapping[str, _Fact], phrases: Mapping[str, object], where: str) -> None:
    _refuse(rule.kinds - set(KINDS), f"{where}: not a kind of document")
    _refuse({*rule.when, *rule.unless} - set(facts), f"{where}: not a fact")
    for language in LANGUAGES:
        _refuse(set(_names(rule.text[language])) - set(facts) - set(rule.figures), f"{where}: not a fact or figure")
    if set(_names(rule.text["fr"])) != set(_names(rule.text["en"])):
        raise BadParameter(f"{where}: the French and the English text do not use the same facts")
    if rule.size_from and set(rule.size_from) != set(_SIZES):
        raise BadParameter(f"{where}: size_from needs {', '.join(_SIZES)}")
    for figure in rule.figures.values():
        if set(figure) not in _FIGURES:
            raise BadParameter(
                f"{where}: a figure is a constant, a series (with or without a phrase) or a regime's text"
            )
        _refuse({figure[key] for key in figure if key == "phrase"} - set(phrases), f"{where}: not a phrase")


def _refuse(unknown: Iterable[str], words: str) -> None:
    names = sorted(unknown)
    if names:
        raise BadParameter(f"{words}: {', '.join(names)}")
