"""Which customers the rows of a table are about: known ones found, new ones made, blanks of both filled in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from encaisse.calendar import region_of
from encaisse.exchange.problems import Problem, problem
from encaisse.ledger.matching.text import name_key, name_words
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.parties.search import folded, search_text

CODE_LENGTH = 50


@dataclass(frozen=True, slots=True)
class Named:
    """What a row says of its customer."""

    code: str = ""
    name: str = ""
    siren: str = ""
    vat_id: str = ""
    email: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """Rows with the same are about the same customer."""
        return (
            ("code", self.code) if self.code else ("siren", self.siren) if self.siren else ("name", name_key(self.name))
        )


class People:
    """The creditor's customers, looked up by what rows say. A merged one is answered by the one that stands for it."""

    def __init__(self, creditor: Creditor, rows: Iterable[Named]) -> None:
        self.creditor = creditor
        self.made: list[Customer] = []
        self.filled: set[int] = set()
        self.problems: list[Problem] = []
        every = list(Customer.objects.filter(creditor=creditor).order_by("pk"))
        self.by_id = {one.pk: one for one in every}
        self._by_code = {one.code: one for one in every}
        self._by_siren: dict[str, Customer] = {}
        self._by_name: dict[str, set[int]] = defaultdict(set)
        for one in every:
            standing = self.standing(one)
            if one.siren:
                self._by_siren.setdefault(one.siren, standing)
            self._by_name[name_key(one.name)].add(standing.pk)
        self._reached = set(Contact.objects.filter(creditor=creditor).values_list("customer_id", flat=True))
        self._found: dict[tuple[str, ...], Customer] = {}
        self._trusts_codes = self._agree(rows)

    def standing(self, one: Customer) -> Customer:
        """The customer who stands for this one."""
        return self.by_id[one.merged_into_id] if one.merged_into_id else one

    def find(self, said: Named) -> Customer | None:
        """The customer meant, by code, SIREN, then name; None when nobody is known. Numbers that contradict decide."""
        if said.key in self._found:
            return self._found[said.key]
        found: Customer | None = None
        if said.code and self._trusts_codes:
            coded = self._by_code.get(said.code) or self._by_code.get(said.code[:CODE_LENGTH])
            found = self.standing(coded) if coded else None
        if found is None and said.siren:
            found = self._by_siren.get(said.siren)
        if found is None and said.name:
            same = self._by_name.get(name_key(said.name), set())
            found = self.by_id[next(iter(same))] if len(same) == 1 else None
        if found is not None and found.siren and said.siren and found.siren != said.siren:
            return None
        return found

    def is_of(self, said: Named, customer: Customer) -> None:
        """Rows that name their customer so are about this one."""
        self._found.setdefault(said.key, customer)
        self._fill(customer, said)

    def take(self, said: Named) -> Customer:
        """The customer meant, made when nobody is known."""
        found = self.find(said) or self._make(said)
        self._found.setdefault(said.key, found)
        self._fill(found, said)
        return found

    def _agree(self, rows: Iterable[Named]) -> bool:
        """Whether the codes are those the ledger knows: other programs number their customers in other ways."""
        same = other = 0
        for said in {(one.code, one.name): one for one in rows}.values():
            known = self._by_code.get(said.code) if said.code else None
            if known is None or not said.name or not known.name or known.name == known.code:
                continue
            alike = set(name_words(said.name)) & set(name_words(known.name)) or (
                said.siren and said.siren == known.siren
            )
            same, other = same + bool(alike), other + (not alike)
        return same >= other

    def _make(self, said: Named) -> Customer:
        creditor = self.creditor
        name = (said.name or said.code or said.siren)[:200]
        wanted = said.code or said.siren or "".join(said.vat_id.split()) or folded(name).replace(" ", "-")
        code, number = wanted[:CODE_LENGTH] or "client", 1
        while code in self._by_code:
            number += 1
            code = f"{wanted[:CODE_LENGTH]}-{number}"
        made = Customer.objects.create(
            creditor=creditor, code=code, name=name, siren=said.siren, language=creditor.language,
            country=creditor.country, region=region_of(creditor.country, ""),
            search=search_text(name, code, said.siren),
        )  # fmt: skip
        self.made.append(made)
        self.by_id[made.pk] = self._by_code[code] = made
        if made.siren:
            self._by_siren.setdefault(made.siren, made)
        self._by_name[name_key(name)].add(made.pk)
        self.problems.append(problem("customer_made", None, language=creditor.language, name=name, account=code))
        return made

    def _fill(self, customer: Customer, said: Named) -> None:
        """What the customer's row does not say and the table does: its SIREN, and an address to write to."""
        if said.siren and not customer.siren:
            customer.siren = said.siren
            customer.search = search_text(customer.name, customer.code, customer.siren)
            customer.save(update_fields=["siren", "search"])
            self._by_siren.setdefault(said.siren, customer)
            self.filled.add(customer.pk)
        if said.email and customer.pk not in self._reached:
            Contact.objects.create(creditor=self.creditor, customer=customer, position=0, email=said.email)
            self._reached.add(customer.pk)
            self.filled.add(customer.pk)
