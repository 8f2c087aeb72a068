"""Take customers and their contacts from a contacts file: who they are, how they are reached, what was agreed.

A blank says nothing and changes nothing. What the file says of a customer replaces what was known; its contacts replace
the customer's contacts, place by place, as far as the file has any for that customer. Nothing is deleted but contacts
beyond those of the file. Each customer that changed gets a journal entry with the fields before and after; addresses
and phone numbers stay out of it, since the journal cannot forget them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from encaisse.calendar import region_of
from encaisse.exchange.contacts import Contact as ToldContact
from encaisse.exchange.contacts import ContactCustomer, ContactsFile
from encaisse.exchange.problems import Problem, Severity
from encaisse.journal.append import Line, append_many
from encaisse.parties import agreed_terms
from encaisse.parties.agreed_terms import Agreed
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.parties.search import search_text
from encaisse.storage import bulk

FIELDS = (
    "name", "siren", "kind", "language", "address", "postcode", "city", "country", "region", "terms", "strategy",
    "tags", "search", "shows_charges",
)  # fmt: skip
_DERIVED = frozenset({"region", "search", "terms", "shows_charges"})
"""Fields that are not taken over as the file has them."""
_LENGTHS = {"name": 200, "postcode": 12, "city": 80, "terms": 60, "strategy": 60}
_OPEN_FIELDS = ("name", "siren", "kind", "language", "terms", "strategy", "tags", "shows_charges")
"""Fields whose values the journal shows; of the others it says that they changed."""
SHOWN = 200


@dataclass(slots=True)
class Plan:
    """What the file would change. Customers and contacts are named by the customer's code."""

    new: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    contacts: dict[str, list[tuple[int, ToldContact]]] = field(default_factory=dict)
    beyond: dict[str, list[int]] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def changes_nothing(self) -> bool:
        """True when all of it is known."""
        return not (self.new or self.changed or self.contacts or self.beyond)

    def new_terms(self) -> list[int]:
        """Ids of known customers whose terms change."""
        return [self.ids[code] for code, fields in self.changed.items() if "terms" in fields]

    def terms_after(self) -> dict[int, str]:
        """The new terms of those customers, by id."""
        return {self.ids[code]: fields["terms"][1] for code, fields in self.changed.items() if "terms" in fields}

    def report(self) -> dict[str, Any]:
        """Counts and, for the first changes, values before and after."""
        items = [
            {"what": "customer", "customer": code, "field": name, "before": pair[0], "after": pair[1]}
            for code, fields in self.changed.items()
            for name, pair in fields.items()
            if name not in ("search", "region")
        ]
        return {
            "new": {"customers": len(self.new), "contacts": sum(code in self.new for code in self.contacts)},
            "changed": {
                "customers": len(self.changed),
                "contacts": len((set(self.contacts) | set(self.beyond)) - set(self.new)),
                "items": items[:SHOWN],
            },
        }


def compare(
    creditor: Creditor, told: ContactsFile, *, on: date | None = None, strategies: Collection[str] | None = None
) -> Plan:
    """Compare a contacts file with what is known. Writes nothing.

    `on`: terms longer than the law allows on invoices of that year are told; None: terms are not checked.
    `strategies`: names that exist; another name is left out and reported. None: names are not checked.
    """
    plan = Plan()
    agreed: list[Agreed] = []
    known = {one.code: one for one in Customer.objects.filter(creditor=creditor)}
    stands = {one.pk: one.code for one in known.values()}
    places: dict[int, dict[int, Contact]] = {}
    for contact in Contact.objects.filter(creditor=creditor):
        places.setdefault(contact.customer_id, {})[contact.position] = contact
    codes = {one.code for one in told.customers}
    for one in told.customers:
        twin = known.get(one.code)
        if twin is not None and twin.merged_into_id is not None:
            # What is said of a merged customer is meant of the one that stands for it, but for its name.
            standing = stands[twin.merged_into_id]
            if standing in codes:
                continue
            one = replace(one, code=standing, name="")
        if len(one.code) > 60:
            plan.problems.append(_problem(one.line, "code_too_long", one.code))
            continue
        values = _values(one, strategies, plan.problems)
        customer = known.get(one.code)
        if customer is None:
            after = plan.new[one.code] = _complete(one.code, values, _fresh(creditor))
        else:
            plan.ids[one.code] = customer.pk
            before = {name: getattr(customer, name) for name in FIELDS}
            after = _complete(one.code, values, before)
            fields = {name: (before[name], after[name]) for name in FIELDS if before[name] != after[name]}
            if fields:
                plan.changed[one.code] = fields
        agreed.append(Agreed(one.code, after["name"], after["kind"], after["country"], after["terms"], one.line))
        _compare_contacts(one, places.get(customer.pk, {}) if customer else {}, plan)
    if on is not None:
        plan.problems += agreed_terms.of_many(creditor, agreed, on)
    return plan


def _values(one: ContactCustomer, strategies: Collection[str] | None, problems: list[Problem]) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(one, name) for name in FIELDS if name not in _DERIVED}
    values["terms"] = str(one.terms) if one.terms else ""
    values["tags"] = list(one.tags)
    if one.strategy and strategies is not None and one.strategy not in strategies:
        problems.append(_problem(one.line, "unknown_strategy", one.strategy, ", ".join(sorted(strategies))))
        values["strategy"] = ""
    told = {name: value[: _LENGTHS[name]] if name in _LENGTHS else value for name, value in values.items() if value}
    return told | ({"shows_charges": one.charges == "yes"} if one.charges else {})


def _fresh(creditor: Creditor) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(FIELDS, "")
    return {
        **blank, "kind": Customer.Kind.COMPANY.value, "language": creditor.language, "country": creditor.country,
        "tags": [], "shows_charges": True,
    }  # fmt: skip


def _complete(code: str, values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**before, **values}
    merged["name"] = merged["name"] or code
    merged["region"] = region_of(merged["country"], merged["postcode"])
    merged["search"] = search_text(merged["name"], code, merged["siren"])
    return merged


def _compare_contacts(one: ContactCustomer, known: Mapping[int, Contact], plan: Plan) -> None:
    if not one.contacts:
        return
    changed = [
        (place, told)
        for place, told in enumerate(one.contacts)
        if place not in known or _person(known[place]) != _told_person(told)
    ]
    if changed:
        plan.contacts[one.code] = changed
    beyond = [contact.pk for place, contact in known.items() if place >= len(one.contacts)]
    if beyond:
        plan.beyond[one.code] = beyond


def _person(one: Contact) -> tuple[str, str, str, str]:
    return one.name, one.role, one.email, one.phone


def _told_person(one: ToldContact) -> tuple[str, str, str, str]:
    return one.name[:120], one.role[:60], one.email, one.phone[:30]


def apply(creditor: Creditor, plan: Plan, *, source: str, at: datetime, actor: str) -> None:
    """Write a plan, in the caller's transaction, with a journal entry per customer. `source`: the file's SHA-256."""
    ids = _insert(creditor, plan)
    for code, fields in plan.changed.items():
        names = list(fields)
        bulk.update(Customer, names, [(*(_stored(name, fields[name][1]) for name in names), ids[code])])
    for code in plan.contacts.keys() | plan.beyond.keys():
        _write_contacts(creditor, ids[code], plan.contacts.get(code, ()), plan.beyond.get(code, ()))
    append_many(creditor.pk, _lines(plan, source), at=at, actor=actor)


def _insert(creditor: Creditor, plan: Plan) -> dict[str, int]:
    taken = dict(zip(plan.new, bulk.take_ids(Customer, len(plan.new)), strict=True))
    rows = [
        (taken[code], creditor.pk, code, "", *(_stored(name, values[name]) for name in FIELDS))
        for code, values in plan.new.items()
    ]
    bulk.insert(Customer, ("id", "creditor_id", "code", "profile", *FIELDS), rows)
    return {**plan.ids, **taken}


def _stored(name: str, value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if name == "tags" else value


def _write_contacts(
    creditor: Creditor, customer_id: int, changed: Sequence[tuple[int, ToldContact]], beyond: Sequence[int]
) -> None:
    here = Contact.objects.filter(creditor=creditor, customer_id=customer_id)
    here.filter(pk__in=beyond).delete()
    known = {one.position: one for one in here}
    for place, told in changed:
        name, role, email, phone = _told_person(told)
        contact = known.get(place) or Contact(creditor=creditor, customer_id=customer_id, position=place)
        # An address that failed is worth trying again only when it is another one.
        if contact.email != email:
            contact.email_failed_on = None
        if contact.phone != phone:
            contact.phone_failed_on = None
        contact.name, contact.role, contact.email, contact.phone = name, role, email, phone
        contact.save()


def _lines(plan: Plan, source: str) -> list[Line]:
    payloads: dict[str, dict[str, Any]] = {code: {"new": True} for code in plan.new}
    for code, fields in plan.changed.items():
        shown = {name: list(pair) for name, pair in fields.items() if name in _OPEN_FIELDS}
        payloads[code] = {"fields": shown, "also": [n for n in fields if n not in (*_OPEN_FIELDS, "search", "region")]}
    for code in plan.contacts.keys() | plan.beyond.keys():
        payloads.setdefault(code, {})["contacts"] = {
            "set": len(plan.contacts.get(code, ())), "removed": len(plan.beyond.get(code, ()))
        }  # fmt: skip
    return [Line(code, "customer_changed", {**payloads[code], "import": source}) for code in sorted(payloads)]


def _problem(line: int, code: str, value: str, allowed: str = "") -> Problem:
    words = {
        "unknown_strategy": (
            _("There is no strategy named “%(value)s”; the customer keeps the one it has."),
            _("Write one of: %(allowed)s."),
        ),
        "code_too_long": (
            _("The customer code “%(value)s” is longer than 60 characters; the row was set aside."),
            _("Use the code of your books."),
        ),
    }
    message, hint = words[code]
    values = {"value": value[:80], "allowed": allowed}
    return Problem(line, code, message % values, hint % values, Severity.WARNING, values=values)
