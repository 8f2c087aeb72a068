"""The last reader of a message: what it may not say to this customer, and what it must say, by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from encaisse.documents.context import Context
from encaisse.documents.mail import plain_text
from encaisse.documents.texts import Text
from encaisse.law.schema import BadParameter
from encaisse.law.wording import Finding, WordingRule, check_wording, load_list
from encaisse.parties.models import Customer
from encaisse.recovery.refusal import Refused

CODES = {"forbidden": "forbidden_wording", "must_not": "regime_wording", "missing": "missing_wording"}
"""The refusal for each kind of finding."""

OWN_LIST = "wording.yaml"
"""A list of rules of one's own, in the home of the program; see `encaisse.law.wording.load_list`."""


class RefusedWording(Refused):
    """A message says what it may not, or lacks what it must; `findings` holds all of it, the first names the code."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(CODES[findings[0].kind], **_values(findings[0]))

    @property
    def text(self) -> str:
        return " ".join(sentences(self.findings))


def findings_of(template: str, text: Text, context: Context) -> tuple[Finding, ...]:
    """What is wrong with a message to this customer, told in the active language.

    All that the recipient reads is looked at, but the names of the parties, which nobody chose as words.
    Raises Refused `wording_list_broken` when the creditor's own list cannot be read: then nobody can say.
    """
    whole = f"{text.subject}\n{plain_text(text, context)}"
    return check_wording(
        _without_names(whole, context),
        text.language,
        kind="notice" if template.startswith("notice") else "reminder",
        regime=context.regime or None,
        charges=context.charges_shown,
        reader=get_language() or text.language,
        extra=own_rules(),
    )


def require_lawful(findings: Sequence[Finding]) -> None:
    """Raise RefusedWording when there is any finding."""
    if findings:
        raise RefusedWording(findings)


def charges_shown(customer: Customer) -> bool:
    """Whether this customer may be shown interest, compensation and costs at all."""
    return customer.shows_charges


def sentences(findings: Sequence[Finding]) -> list[str]:
    """Each finding as a sentence: what was found, why it may not stand, what to write instead, and the article."""
    return [Refused(CODES[finding.kind], **_values(finding)).text for finding in findings]


def own_rules() -> tuple[WordingRule, ...]:
    """The rules of this installation's own list; none when there is no list. Raises Refused `wording_list_broken`."""
    path = Path(settings.HOME) / OWN_LIST
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        return ()
    try:
        return _read(path, changed)
    except (BadParameter, OSError, UnicodeDecodeError) as error:
        raise Refused("wording_list_broken", problem=str(error)) from error


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> tuple[WordingRule, ...]:
    return load_list(path.read_text(encoding="utf-8"), path.name)


def _values(finding: Finding) -> dict[str, str]:
    source = finding.article
    if finding.confidence == "probable":
        source = _("%(article)s; probable reading") % {"article": source}
    elif finding.confidence == "to-verify":
        source = _("%(article)s; to be verified") % {"article": source}
    return {"passage": finding.phrase, "why": finding.why, "instead": finding.instead, "article": source}


def _without_names(text: str, context: Context) -> str:
    parties = (context.customer, context.contact, context.creditor.name, context.sender.name, context.creditor.mediator)
    for name in (*parties, *context.address, *context.creditor.address):
        if len(name) > 2:
            text = text.replace(name, "")
    return text
