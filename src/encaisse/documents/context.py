"""What a message or a letter is about: parties, invoices and figures, as plain values.

Amounts are integer minor units of ``currency``; days are ``datetime.date``. Sums are derived from the
invoices, never given beside them, so a message whose total differs from its table cannot be built.
"""

from dataclasses import dataclass
from datetime import date, timedelta

# C. com. D441-5 and CCP D2192-35: 40 EUR for each late invoice.
INDEMNITY_UNIT = 4_000
INDEMNITY_CURRENCY = "EUR"
# The deadline of a letter that sets one, when its author names none.
DEFAULT_DAYS_TO_PAY = 8


@dataclass(frozen=True, slots=True)
class Creditor:
    """The company that is owed. ``legal`` is the line of compulsory mentions (form, capital, RCS, VAT number)."""

    name: str
    address: tuple[str, ...] = ()
    city: str = ""
    siren: str = ""
    legal: str = ""
    phone: str = ""
    email: str = ""
    mediator: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """The person who signs and who answers."""

    name: str
    title: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One receivable as listed. ``open`` is what remains due on the day, ``disputed_part`` the share not asked for."""

    number: str
    issued_on: date
    due_on: date
    amount: int
    open: int
    days_late: int = 0
    interest: int = 0
    indemnity: int = 0
    disputed_part: int = 0

    @property
    def asked(self) -> int:
        """What is asked for on this line, minor units: the open balance less its disputed part."""
        return self.open - self.disputed_part


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a template may speak about, for one case on one day.

    ``credit`` is the unallocated credit set off against the listed invoices (minor units, positive).
    ``rate`` is the words for the interest rate ("12,40 % l'an (taux BCE majoré de 10 points)").
    ``channel`` is email, letter, sms or phone. ``portal`` is the address where the customer may answer, if any.
    ``regime`` is the law that rules the message, empty when a person has to choose it; ``articles`` names where that
    law is written when it is not one French regime for all of it. ``consumer`` says that the customer is one where the
    regime does not. ``interest_to`` is the last day that could be counted, when a rate is missing after it.
    ``charges_shown`` is False for a customer who must never see interest, compensation or costs.
    Raises ValueError when a consumer would be charged an indemnity (CPCE L111-8, C. conso. L122-16).
    """

    creditor: Creditor
    sender: Sender
    customer: str
    invoices: tuple[InvoiceLine, ...]
    day: date
    contact: str = ""
    customer_code: str = ""
    address: tuple[str, ...] = ()
    credit: int = 0
    currency: str = "EUR"
    pay_by: date | None = None
    iban: str = ""
    bic: str = ""
    payment_reference: str = ""
    regime: str = "fr-b2b"
    rate: str = ""
    annexes: tuple[str, ...] = ()
    portal: str | None = None
    channel: str = "email"
    promised_on: date | None = None
    promised: int = 0
    called_on: date | None = None
    charges_shown: bool = True
    articles: str = ""
    consumer: bool = False
    interest_to: date | None = None

    def __post_init__(self) -> None:
        if not self.invoices:
            raise ValueError("a message needs at least one invoice to speak about")
        if self.is_consumer and self.indemnity:
            raise ValueError("a consumer owes no recovery indemnity (CPCE L111-8): give its lines indemnity 0")

    @property
    def is_consumer(self) -> bool:
        """Whether the customer is told what a private person is told."""
        return self.consumer or self.regime.endswith(("-b2c", "-c2c"))

    @property
    def is_public(self) -> bool:
        """Whether the customer is a public buyer under French law, whose offices the texts name."""
        return self.regime.endswith("-public")

    @property
    def is_french(self) -> bool:
        """Whether one French regime rules all of it, so that the message may cite its articles."""
        return self.regime.startswith("fr-") and not self.articles

    @property
    def gross(self) -> int:
        """Open balances of the listed invoices, before dispute and credit."""
        return sum(line.open for line in self.invoices)

    @property
    def disputed(self) -> int:
        """Disputed parts, which are not asked for."""
        return sum(line.disputed_part for line in self.invoices)

    @property
    def principal(self) -> int:
        """What is asked for without charges: open, less disputed parts, less credit."""
        return self.gross - self.disputed - self.credit

    @property
    def interest(self) -> int:
        """Late-payment interest to the day."""
        return sum(line.interest for line in self.invoices)

    @property
    def indemnity(self) -> int:
        """Fixed recovery indemnities."""
        return sum(line.indemnity for line in self.invoices)

    @property
    def total(self) -> int:
        """Principal, interest and indemnity."""
        return self.principal + self.interest + self.indemnity

    @property
    def oldest(self) -> InvoiceLine:
        """The listed invoice that was due first."""
        return min(self.invoices, key=lambda line: (line.due_on, line.issued_on, line.number))

    @property
    def deadline(self) -> date:
        """The day by which payment is asked: ``pay_by``, else eight days from the day."""
        return self.pay_by or self.day + timedelta(days=DEFAULT_DAYS_TO_PAY)
