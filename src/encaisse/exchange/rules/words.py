"""Findings as problem records: a sentence and an advice in French or in English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from encaisse.exchange.problems import LANGUAGES, Problem, Severity
from encaisse.exchange.rules.evaluate import Finding
from encaisse.exchange.rules.table import Grade, Rule, names, rule_of, shared_words

SEVERITIES: Mapping[Grade, Severity] = {"fatal": Severity.ERROR, "warning": Severity.WARNING}
"""How grave a broken rule is, as a problem of the file."""


@dataclass(frozen=True, slots=True)
class RuleProblem(Problem):
    """A broken rule as a problem: ``code`` is the number of the rule. ``finding`` is what was found."""

    finding: Finding | None = None
    official: str = ""
    grade: Grade = "fatal"

    def in_language(self, language: str) -> Problem:
        """The same problem with its words in ``fr`` or ``en``."""
        if self.finding is None:
            return self
        return problem_of(self.finding, language, official=self.official, grade=self.grade)


def problem_of(finding: Finding, language: str, *, official: str = "", grade: Grade | None = None) -> Problem:
    """The problem record of a finding. ``official`` is the sentence of an official rule file, used in English, and
    quoted after ours where the rule is in none of our tables; ``grade`` what such a file says of its gravity."""
    language = language if language in LANGUAGES else "en"
    rule = rule_of(finding.rule)
    graded: Grade = grade or (rule.grade if rule else "fatal")
    if official:
        message, hint = _official(finding, rule, language, official)
    else:
        assert rule is not None
        message, hint = _sentence(rule, finding, language), _hint(rule.hint, language)
    return RuleProblem(
        line=finding.line or None, code=finding.rule, message=message, hint=hint, severity=SEVERITIES[graded],
        values=dict(finding.values), finding=finding, official=official, grade=graded,
    )  # fmt: skip


def problems_of(findings: Iterable[Finding], language: str) -> list[Problem]:
    """The problem records of our own findings."""
    return [problem_of(one, language) for one in findings]


def _sentence(rule: Rule, finding: Finding, language: str) -> str:
    shared = shared_words()
    text = rule.texts.get((finding.variant, language)) or rule.texts["", language]
    values: dict[str, str] = dict(rule.words.get(language, {}))
    values |= {name: _named(name, value, language) for name, value in finding.values.items()}
    values["where"] = _fill(shared["where"][language], {"line_id": finding.line_id}) if finding.line_id else ""
    if rule.terms:
        term = shared["or"][language].join(f"{names()[one][language]} ({one})" for one in rule.terms)
        values["term"], values["Term"] = term, term[0].upper() + term[1:]
    return _fill(text, values)


def _named(name: str, value: str, language: str) -> str:
    """A value that stands for words (``what``) in the language, any other as it is."""
    known: Mapping[str, Any] = shared_words()["what"]
    return str(known[value][language]) if name == "what" and value in known else value


def _fill(text: str, values: Mapping[str, str]) -> str:
    return text.format_map(_Shown(values))


class _Shown(dict[str, str]):
    """Values made harmless: what cannot be printed is replaced, what is long is cut. Our own words are left whole."""

    def __getitem__(self, key: str) -> str:
        text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in super().__getitem__(key))
        return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."

    def __missing__(self, key: str) -> str:
        return "?"


_LONGEST = 160


def _hint(kind: str, language: str) -> str:
    return str(shared_words()["hint"][kind][language])


def _official(finding: Finding, rule: Rule | None, language: str, official: str) -> tuple[str, str]:
    """The sentence for what an official file reports: ours, where it needs no figures; else theirs."""
    if rule is not None:
        shared_kind = rule.hint if rule.hint in shared_words()["hint"] else "official"
        hint = _hint(shared_kind, language)
        own = rule.texts["", language]
        if rule.terms and "{value}" not in own:
            return _sentence(rule, finding, language), hint
    else:
        hint = _hint("official", language)
    if language == "en":
        return official, hint
    others = shared_words()["other"]
    start = max((one for one in others if finding.rule.startswith(one)), key=len)
    return f"{others[start][language]} « {official} »", hint
