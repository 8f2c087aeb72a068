"""`law interest`, `law regimes`, `law vectors`: what is owed for lateness, and worked examples of it.

Nothing here needs an installation: the law is asked directly.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import AsJson, CreditorName, Group, Home, app, command
from encaisse.cli.desk import read_day
from encaisse.cli.law_input import Money, choice, day_or_none, day_or_today, lawful, rate, unknown_rate
from encaisse.cli.law_show import confidence, number, pairs, percent, reference
from encaisse.cli.own_rates import own_rates
from encaisse.cli.trouble import REFUSED, Trouble
from encaisse.cli.words import _, language, ngettext, pgettext

if TYPE_CHECKING:
    from encaisse.law import Segment, Worksheet
    from encaisse.law.vectors import Result

LAW = _("The law")
EXACT_DECIMALS = 6
MAX_BYTES = 4 * 1024 * 1024

_IMPUTATIONS = ("principal_first", "interest_first")
_DAY_COUNTS = ("fixed_365", "actual_actual")
_DAY_COUNT_WORDS = {"365": "fixed_365", "fixed": "fixed_365", "actual/365": "fixed_365"}
_DAY_COUNT_WORDS |= {"act/act": "actual_actual", "actual/actual": "actual_actual", "366": "actual_actual"}

law = typer.Typer(
    cls=Group,
    help=_("Ask the law: what is owed, until when, by which route, and what is forbidden. No legal advice."),
    no_args_is_help=True,
)
app.add_typer(law, name="law", rich_help_panel=LAW)


@command(LAW, _("Interest and fixed sum on one amount, with the worksheet that shows every step."), to=law)
def interest(
    regime: Annotated[str, typer.Option(help=_("The regime, like fr-b2b (`encaisse law regimes` lists them)."))],
    amount: Annotated[str, typer.Option(help=_("The amount unpaid, VAT included, like 1200.00."))],
    due: Annotated[str, typer.Option(help=_("The last day on which payment is not late, like 2026-03-31."))],
    on: Annotated[str | None, typer.Option(help=_("The last day to count (default: today)."))] = None,
    contract_rate: Annotated[
        str | None, typer.Option("--rate", help=_("Rate agreed in the contract, in percent per year."))
    ] = None,
    paid: Annotated[
        list[str] | None,
        typer.Option(help=_("A payment, like 2026-04-01=2500. Can be repeated."), metavar="DAY=AMOUNT"),
    ] = None,
    credit: Annotated[
        list[str] | None,
        typer.Option(help=_("A credit note, like 2026-05-10=800. Can be repeated."), metavar="DAY=AMOUNT"),
    ] = None,
    imputation: Annotated[
        str, typer.Option(help=_("What a payment settles first: principal_first or interest_first."))
    ] = "principal_first",
    credit_effect: Annotated[
        str,
        typer.Option(help=_("A credit note corrects the price from the origin, or is a gesture from its date.")),
    ] = "origin",
    day_count: Annotated[
        str | None, typer.Option(help=_("Divisor: fixed_365 or actual_actual (default: the one of the regime)."))
    ] = None,
    notice: Annotated[
        str | None,
        typer.Option(
            "--notice",
            "--notice-on",
            help=_("Day of the formal notice, or of the first reminder to a Belgian consumer."),
        ),
    ] = None,
    below_floor: Annotated[
        str,
        typer.Option(
            help=_("Which rate counts when the contract's is below the legal floor: contract, floor, default.")
        ),
    ] = "contract",
    category: Annotated[
        str, typer.Option(help=_("Category of the creditor for legal interest: other or individual."))
    ] = "other",
    capitalise: Annotated[
        bool,
        typer.Option("--capitalise", help=_("Interest of a full year bears interest: a clause or judgment says so.")),
    ] = False,
    stop: Annotated[str | None, typer.Option(help=_("Day of the judgment that opens insolvency proceedings."))] = None,
    rounding: Annotated[
        str, typer.Option(help=_("exact, or daily: the interest of a day is rounded first, as GOV.UK does."))
    ] = "exact",
    currency: Annotated[str | None, typer.Option(help=_("Currency of the amounts (default: the regime's)."))] = None,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """Print the worksheet; nothing is read from or written to an installation."""
    with lawful():
        from encaisse.law import all_regimes, find_regime
        from encaisse.law import interest as count

        code = choice(regime, tuple(all_regimes()), "--regime")
        money = Money(currency)
        minor = money.amount(amount, "--amount")
        payments, credits = money.dated(paid or (), "--paid"), money.dated(credit or (), "--credit")
        first, last = read_day(due), day_or_today(on)
        if first > last:
            raise due_after_on(first, last)
        asked: dict[str, Any] = {
            "payments": payments,
            "credits": credits,
            "contract_rate": rate(contract_rate, "--rate"),
            "notice_on": day_or_none(notice),
            "imputation": choice(imputation, _IMPUTATIONS, "--imputation"),
            "credit_effect": choice(credit_effect, ("origin", "date"), "--credit-effect"),
            "day_count": choice(day_count, _DAY_COUNTS, "--day-count", also=_DAY_COUNT_WORDS) if day_count else None,
            "below_floor": choice(below_floor, ("contract", "floor", "default"), "--below-floor"),
            "category": choice(category, ("other", "individual"), "--category"),
            "capitalise": capitalise,
            "stop_on": day_or_none(stop),
            "rounding": choice(rounding, ("exact", "daily"), "--rounding"),
            "currency": money.currency,
        }
        sheet = count(code, minor, first, last, **asked)
        if sheet.known_to is not None or creditor is not None:
            # Own rates only continue what the package knows: without a gap there is nothing to look for.
            with own_rates(home, creditor):
                sheet = count(code, minor, first, last, **asked)
        if sheet.known_to is not None:
            raise unknown_rate(_series_of(sheet, code), sheet.known_to + timedelta(1), sheet.known_to)
        if json:
            say.as_json(worksheet_record(sheet))
        else:
            say.line(find_regime(code).label[language()], style="bold")
            show_worksheet(sheet)


def due_after_on(due: date, on: date) -> Trouble:
    """Interest is asked for a day on which payment is not even due."""
    return Trouble(
        _("The due date {due} is after {on}, the last day to count: nothing is late yet.").format(
            due=due.isoformat(), on=on.isoformat()
        ),
        _("Give a later --on, or check --due."),
    )


def _series_of(sheet: Worksheet, code: str) -> str:
    from encaisse.law import find_regime

    used = [segment.source.series for segment in sheet.segments if segment.source.series != "contract"]
    return used[-1] if used else find_regime(code).rate.id


def worksheet_record(sheet: Worksheet) -> dict[str, Any]:
    """A worksheet as other programs read it; segments keep their exact interest, to a millionth."""
    from encaisse.money import to_decimal_text

    return {
        "interest": to_decimal_text(sheet.interest, sheet.currency),
        "indemnity": to_decimal_text(sheet.indemnity, sheet.indemnity_currency),
        "days": sheet.days,
        "total": to_decimal_text(_total(sheet), sheet.currency),
        "segments": [_segment_record(segment, sheet.currency) for segment in sheet.segments],
        "warnings": [f"{code}: {text}" for code, text in warnings(sheet)],
    }


def _segment_record(segment: Segment, currency: str) -> dict[str, Any]:
    from encaisse.money import to_decimal_text

    return {
        "from": segment.start.isoformat(),
        "to": segment.end.isoformat(),
        "days": segment.days,
        "rate": f"{segment.rate:.2f}" if segment.rate * 100 % 1 == 0 else str(segment.rate),
        "base": to_decimal_text(segment.base, currency),
        "interest": _exact(segment.interest, currency),
        "source": segment.source.text(language()),
    }


def _exact(interest: Fraction, currency: str) -> str:
    """Exact minor units as decimal text with six decimals."""
    from encaisse.money import exponent, round_half_up

    units = round_half_up(interest * Fraction(10) ** (EXACT_DECIMALS - exponent(currency)))
    return f"{Decimal(units).scaleb(-EXACT_DECIMALS):f}"


def _total(sheet: Worksheet) -> int:
    """Everything owed; a fixed sum in another currency stays apart, and a warning says so."""
    apart = sheet.indemnity and sheet.indemnity_currency != sheet.currency
    return sheet.principal + sheet.interest if apart else sheet.total


def warnings(sheet: Worksheet) -> list[tuple[str, str]]:
    """What a worksheet says beside its figures: codes with their sentence."""
    from encaisse.law import reason_text

    floor = "" if sheet.floor is None else number(str(sheet.floor))
    known_to = say.day(sheet.known_to)
    said = [(code, reason_text(code, language(), known_to=known_to, floor=floor)) for code in sheet.reasons]
    if sheet.floor_confidence not in ("", "sure"):
        doubt = _("How sure the legal floor is: {confidence}.").format(confidence=confidence(sheet.floor_confidence))
        said.append(("floor_not_sure", doubt))
    if sheet.indemnity and sheet.indemnity_currency != sheet.currency:
        sum_ = say.money(sheet.indemnity, sheet.indemnity_currency)
        said.append(("fixed_sum_apart", _("The fixed sum of {sum} is not in the total.").format(sum=sum_)))
    if sheet.unapplied:
        more = say.money(sheet.unapplied, sheet.currency)
        said.append(("paid_too_much", _("{sum} was paid or credited beyond what is owed.").format(sum=more)))
    return said


def show_worksheet(sheet: Worksheet) -> None:
    """The segments as a table, then what is owed."""
    if sheet.segments:
        say.table(
            [_("From"), _("To"), _("Days"), _("Rate"), _("Base"), _("Interest"), _("Source")],
            [_segment_row(segment, sheet.currency) for segment in sheet.segments],
            right=(2, 3, 4, 5),
        )
        say.line()
    figures = [
        (_("Principal left"), say.money(sheet.principal, sheet.currency)),
        (
            ngettext("Interest, {days} day", "Interest, {days} days", sheet.days).format(days=sheet.days),
            say.money(sheet.interest, sheet.currency),
        ),
        (_("Fixed sum"), say.money(sheet.indemnity, sheet.indemnity_currency)),
        (_("Total"), say.money(_total(sheet), sheet.currency)),
    ]
    if sheet.interest_paid:
        figures.insert(2, (_("Interest already paid"), say.money(sheet.interest_paid, sheet.currency)))
    pairs(figures, right=True)
    for _code, text in warnings(sheet):
        say.line(text, style="yellow")


def _segment_row(segment: Segment, currency: str) -> list[str]:
    record = _segment_record(segment, currency)
    return [
        say.day(segment.start),
        say.day(segment.end),
        str(segment.days),
        percent(record["rate"]),
        say.money(segment.base, currency),
        number(_exact(segment.interest, currency)),
        record["source"],
    ]


@command(LAW, _("The regimes: whom each one is for, when interest starts, which rate, which sums."), to=law)
def regimes(
    name: Annotated[str | None, typer.Argument(help=_("Only this one."), metavar="REGIME")] = None,
    json: AsJson = False,
) -> None:
    """List every regime; with a name, all that is said of it."""
    with lawful():
        from encaisse.law import all_regimes

        known = all_regimes()
        chosen = [known[choice(name, tuple(known), "REGIME")]] if name else list(known.values())
        if json:
            say.as_json({"regimes": [_regime_record(one) for one in chosen]})
        elif name:
            _show_regime(chosen[0])
        else:
            say.table(
                [_("Regime"), _("For whom"), _("Confidence")],
                [[one.code, one.applies_to[language()], confidence(one.confidence)] for one in chosen],
            )


def _regime_record(one: Any) -> dict[str, Any]:
    spoken = language()
    return {
        "regime": one.code,
        "country": one.country,
        "currency": one.currency,
        "label": one.label[spoken],
        "applies_to": one.applies_to[spoken],
        "starts": one.starts,
        "begins": one.begins[spoken],
        "rate": one.rate.id,
        "rate_text": one.rate_text[spoken],
        "floating": not one.fixed_at_start,
        "day_count": one.day_count,
        "contract_rate": one.contract_allowed,
        "costs": one.costs[spoken],
        "asks": [{"id": ask.id, "text": ask.text[spoken]} for ask in one.asks],
        "reference": reference(one.reference),
        "confidence": one.confidence,
    }


def _show_regime(one: Any) -> None:
    record = _regime_record(one)
    say.line(f"{one.code}  {record['label']}", style="bold")
    labels = [
        (_("For whom"), record["applies_to"]),
        (_("Interest starts"), record["begins"]),
        (_("Rate"), record["rate_text"]),
        (_("Rate changes"), _("with each period") if record["floating"] else _("never: fixed at the start")),
        (_("Sums and costs"), record["costs"]),
        (_("Currency"), one.currency),
        (_("Reference"), record["reference"]),
        (_("Confidence"), confidence(one.confidence)),
    ]
    pairs(labels)
    for ask in record["asks"]:
        say.line(f"? {ask['text']}")


@command(LAW, _("Play a file of worked examples and say what differs; exit 1 when anything does."), to=law)
def vectors(
    file: Annotated[Path, typer.Argument(help=_("YAML file in the form of vectors.yaml."), metavar="FILE")],
    json: AsJson = False,
) -> None:
    """Compare each expected figure and segment with what this program computes."""
    if not file.is_file():
        raise Trouble(_("There is no file {path}.").format(path=file))
    if file.stat().st_size > MAX_BYTES:
        raise Trouble(_("{path} is too large to be a file of vectors.").format(path=file))
    from encaisse.law.vectors import run_vectors

    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise Trouble(_("{path} is not text in UTF-8.").format(path=file)) from None
    with lawful():
        results = run_vectors(text, file.name)
    if json:
        say.as_json({"ok": all(one.ok for one in results), "vectors": [_result_record(one) for one in results]})
    else:
        for one in results:
            _show_result(one)
        right = sum(one.ok for one in results)
        say.line(_("{right} of {all} vectors come out as expected.").format(right=right, all=len(results)))
    if not all(one.ok for one in results):
        raise typer.Exit(REFUSED)


def _result_record(one: Result) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "ok": one.ok,
        "published": one.published,
        "differences": [
            {"what": found.what, "expected": found.expected, "got": found.got} for found in one.differences
        ],
        "unused_inputs": list(one.unused),
    }


def _show_result(one: Result) -> None:
    """`ok` and the vector on one line; else the same line with what differs under it."""
    verdict = pgettext("verdict", "ok") if one.ok else _("differs")
    mark = "  (" + _("published example") + ")" if one.published else ""
    say.line(f"{verdict}  {one.id}  {one.title}{mark}", style="green" if one.ok else "bold red")
    for found in one.differences:
        said = _("{what}: expected {expected}, got {got}")
        say.line("    " + said.format(what=found.what, expected=found.expected, got=found.got))
    if one.unused and not one.ok:
        say.line("    " + _("inputs that are not understood: {names}").format(names=", ".join(one.unused)))
