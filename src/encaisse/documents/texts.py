"""Words for a step: composed from a template and a context, edited by a person, checked, ready to be rendered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from encaisse.documents import library, template, words
from encaisse.documents.context import INDEMNITY_CURRENCY, INDEMNITY_UNIT, Context, InvoiceLine
from encaisse.documents.template import Value

INVOICES, CLAIM, PAYMENT = "[invoices]", "[claim]", "[payment]"
MARKERS = (INVOICES, CLAIM, PAYMENT)
PROFILES = ("reliable", "forgetful", "in_trouble", "evasive", "unknown")
# Line breaks and other control characters would forge headers; direction overrides would disguise a name.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Text:
    """A composed message. ``paragraphs`` may hold the blocks INVOICES, CLAIM and PAYMENT, drawn by the renderers.

    ``locked`` are passages that the law or proof needs; ``claims`` says whether interest and indemnity are asked for.
    """

    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    closing: str
    locked: tuple[str, ...] = ()
    claims: bool = False
    template: str = ""
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class Script:
    """What to say in a call."""

    opening: str
    questions: tuple[str, ...]
    if_promise: str
    if_dispute: str
    if_refusal: str
    closing: str


def compose(template_name: str, language: str, context: Context, *, tone: str = "") -> Text:
    """Write the message of a step. ``language`` is any code; French for ``fr*``, English otherwise.

    ``tone`` is that of the step (friendly, neutral, firm, formal): a soft one takes the courteous form of a text.

    Raises UnknownTemplate for a name without text, and ValueError when there is nothing to ask for.
    """
    if context.principal <= 0:
        raise ValueError(f"nothing is owed on the listed invoices (principal {context.principal})")
    language = words.language_of(language)
    name = library.resolve(template_name, consumer=context.is_consumer, public=context.is_public, tone=tone)
    source = library.templates(language)[name]
    values = fields(context, language)

    def fill(text: str) -> str:
        return words.spaced(template.render(text, values, language), language)

    passages = [(fill(passage.source), passage.locked) for passage in source.passages]
    passages.append((fill(source.blocked), False))
    return Text(
        subject=fill(source.subject),
        greeting=fill(source.greeting),
        paragraphs=tuple(text for text, _ in passages if text),
        closing=fill(source.closing),
        locked=tuple(text for text, locked in passages if locked and text),
        claims=source.claims,
        template=name,
        language=language,
    )


def script(template_name: str, language: str, context: Context, profile: str | None = None) -> Script:
    """The words of a call, fitted to its step and to what is known of the payer (one of PROFILES)."""
    language = words.language_of(language)
    known = library.scripts(language)
    source = known[next((name for name in library.shorter_names(template_name) if name in known), "call")]
    key = (profile or "unknown").strip().lower().replace("-", "_").replace(" ", "_")
    consumer = source.consumer if context.is_consumer else {}
    parts = {**source.base, **source.profiles.get(key, {}), **consumer}
    values = fields(context, language)

    def fill(part: object) -> str:
        return words.spaced(template.render(str(part), values, language), language)

    questions = parts["questions"]
    if not isinstance(questions, list):
        raise ValueError(f"{template_name}: questions is a list")
    return Script(
        opening=fill(parts["opening"]),
        questions=tuple(fill(question) for question in questions),
        if_promise=fill(parts["if_promise"]),
        if_dispute=fill(parts["if_dispute"]),
        if_refusal=fill(parts["if_refusal"]),
        closing=fill(parts["closing"]),
    )


def to_editable(text: Text) -> str:
    """The message as plain text for an edit box: a subject line, then blocks parted by empty lines."""
    label = library.labels(text.language)["subject"]
    space = words.NBSP if text.language == "fr" else ""
    names = _marker_names(text.language)
    body = [text.greeting, *(names.get(part, part) for part in text.paragraphs), text.closing]
    return "\n\n".join([f"{label}{space}: {text.subject}", *body]) + "\n"


def apply_edit(text: Text, edited: str) -> Text:
    """The message as a person changed it; ``apply_edit(text, to_editable(text)) == text``.

    The first block is the greeting and the last one the closing. Blocks of figures that were removed come back
    where they stood: their amounts are always those of the context. Locked passages are not restored here: ask
    ``missing_locked`` first.
    """
    subject, body = _split_subject(text, edited)
    if len(body) < 2:
        return _with_blocks(replace(text, subject=subject), [text.greeting, *body, text.closing])
    return _with_blocks(replace(text, subject=subject), body)


def missing_locked(text: Text, edited: str) -> tuple[str, ...]:
    """The locked passages of ``text`` that an edit lost. Spaces and kinds of apostrophe do not matter."""
    body = words.plain(edited)
    return tuple(passage for passage in text.locked if words.plain(passage) not in body)


def asked(text: Text, context: Context) -> int:
    """What the message asks to be paid, minor units: the total when it claims charges, else the principal."""
    return context.total if text.claims else context.principal


def safe(value: str) -> str:
    """A value from outside on one line, without control characters."""
    return _UNSAFE.sub(" ", value).strip()


def fields(context: Context, language: str) -> Mapping[str, Value]:
    """Every name a template may use, with its words and its number."""
    return {**_figures(context, language), **_days(context, language), **_people(context)}


def _figures(context: Context, language: str) -> dict[str, Value]:
    amounts = {
        "due": context.principal,
        "principal": context.principal,
        "gross": context.gross,
        "credit": context.credit,
        "disputed": context.disputed,
        "interest": context.interest,
        "indemnity": context.indemnity,
        "charges": context.interest + context.indemnity,
        "total": context.total,
        "promised": context.promised,
        "oldest_amount": context.oldest.amount,
    }
    values = {name: Value(words.money(minor, context.currency, language), minor) for name, minor in amounts.items()}
    units = {line.indemnity for line in context.invoices if line.indemnity}
    # Outside the euro, and where the sum goes by the size of the debt, there is no such thing as the unit.
    usual = INDEMNITY_UNIT if context.currency == INDEMNITY_CURRENCY else 0
    unit = next(iter(units)) if len(units) == 1 else 0 if units else usual
    charged = sum(1 for line in context.invoices if line.indemnity)
    numbers = words.listing([safe(line.number) for line in _by_age(context)], language)
    return values | {
        "count": Value(str(len(context.invoices)), len(context.invoices)),
        "numbers": Value(numbers, 1),
        "oldest_number": Value(safe(context.oldest.number), 1),
        "indemnity_count": Value(str(charged), charged),
        "indemnity_unit": Value(words.round_money(unit, context.currency, language), unit),
        "french": Value("", int(context.is_french)),
        "articles": Value(safe(context.articles), int(bool(context.articles))),
    }


def _days(context: Context, language: str) -> dict[str, Value]:
    late = max(line.days_late for line in context.invoices)
    left = (context.deadline - context.day).days
    same = len({line.due_on for line in context.invoices}) == 1
    optional = {"promised_on": context.promised_on, "called_on": context.called_on}
    days = {"oldest_due": context.oldest.due_on, "oldest_issued": context.oldest.issued_on, "day": context.day}
    days["interest_day"] = context.interest_to or context.day
    values = {name: Value(words.long_date(day, language), 1) for name, day in days.items()}
    values |= {
        name: Value(words.long_date(day, language) if day else "", int(day is not None))
        for name, day in optional.items()
    }
    return values | {
        "pay_by": Value(words.long_date(context.deadline, language), 1),
        "days_to_pay": Value(str(left), left),
        "days_late": Value(str(late), late),
        "same_due": Value("", int(same)),
        "charges_shown": Value("", int(context.charges_shown)),
    }


def _people(context: Context) -> dict[str, Value]:
    texts = {
        "contact": context.contact,
        "customer": context.customer,
        "customer_code": context.customer_code,
        "creditor": context.creditor.name,
        "city": context.creditor.city,
        "mediator": context.creditor.mediator,
        "sender": context.sender.name,
        "sender_title": context.sender.title,
        "sender_phone": context.sender.phone or context.creditor.phone,
        "sender_email": context.sender.email or context.creditor.email,
        "iban": words.grouped(context.iban),
        "reference": context.payment_reference,
        "rate": context.rate,
        "portal": context.portal or "",
        "letter": "letter" if context.channel == "letter" else "",
    }
    return {name: Value(safe(text), int(bool(text.strip()))) for name, text in texts.items()}


def _by_age(context: Context) -> list[InvoiceLine]:
    return sorted(context.invoices, key=lambda line: (line.due_on, line.issued_on, line.number))


def _marker_names(language: str) -> dict[str, str]:
    labels = library.labels(language)
    return {marker: labels["marker_" + marker.strip("[]")] for marker in MARKERS}


def _split_subject(text: Text, edited: str) -> tuple[str, list[str]]:
    label = library.labels(text.language)["subject"]
    cleaned = edited.replace("\r\n", "\n").replace("\r", "\n").strip()
    first, _, rest = cleaned.partition("\n")
    match = re.match(rf"{re.escape(label)}\s*:\s*(.*)$", first)
    subject = safe(match.group(1)) if match else ""
    body = rest if match else cleaned
    back = {name: marker for marker, name in _marker_names(text.language).items()}
    blocks = [block.strip() for block in re.split(r"\n[ \t]*\n", body) if block.strip()]
    return subject or text.subject, [back.get(block, block) for block in blocks]


def _with_blocks(text: Text, body: list[str]) -> Text:
    paragraphs = body[1:-1]
    for index, part in enumerate(text.paragraphs):
        if part in MARKERS and part not in paragraphs:
            paragraphs.insert(min(index, len(paragraphs)), part)
    return replace(text, greeting=body[0], paragraphs=tuple(paragraphs), closing=body[-1])
