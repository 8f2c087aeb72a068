"""Cases to write about: one creditor, one customer, one to three invoices, under each regime."""

from dataclasses import replace
from datetime import date

from encaisse.documents import Context, Creditor, InvoiceLine, Sender

CREDITOR = Creditor(
    name="Atelier Brunel SARL",
    address=("12 rue des Tanneurs", "69007 LYON"),
    city="Lyon",
    siren="732829320",
    legal="SARL au capital de 20 000 € · RCS Lyon 732 829 320",
    phone="04 78 00 00 00",
    email="contact@brunel.example",
    mediator="Médiateur du commerce, www.mediateur.example",
)
SENDER = Sender("Claire Fontaine", "Responsable clients", "04 78 00 00 12", "claire.fontaine@brunel.example")
INVOICES = (
    InvoiceLine("F-2026-0412", date(2026, 9, 1), date(2026, 10, 1), 123_456, 123_456, 50, 2_097, 4_000),
    InvoiceLine("F-2026-0437", date(2026, 9, 15), date(2026, 10, 15), 240_000, 140_000, 36, 1_712, 4_000),
    InvoiceLine("F-2026-0455", date(2026, 9, 30), date(2026, 10, 30), 98_000, 98_000, 21, 699, 4_000),
)
WHOLE = Context(
    creditor=CREDITOR,
    sender=SENDER,
    customer="Menuiserie Dupré",
    contact="Alain Dupré",
    customer_code="411DUP",
    address=("ZA des Prés", "4 allée des Chênes", "38500 VOIRON"),
    invoices=INVOICES,
    day=date(2026, 11, 20),
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
    payment_reference="411DUP-26",
    rate="12,40 % l’an",
)


def case(template: str = "mail", invoices: int = 3, **changes: object) -> Context:
    """A context that suits a template: its regime follows the template's name."""
    lines = INVOICES[:invoices]
    regime = "fr-b2b"
    if "consumer" in template:
        regime = "fr-b2c"
        lines = tuple(replace(line, interest=0, indemnity=0) for line in lines)
    if "public" in template:
        regime = "fr-public"
    return replace(WHOLE, invoices=lines, regime=regime, **changes)  # type: ignore[arg-type]
