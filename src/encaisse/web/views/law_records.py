"""What the law makes of one receivable, and what a person corrects of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from encaisse.law import Worksheet, reason_text
from encaisse.law.reasons import UNKNOWN_RATE
from encaisse.law.regimes import find_regime
from encaisse.ledger.models import Receivable
from encaisse.parties.models import Customer
from encaisse.recovery import record_charges_shown, record_regime
from encaisse.recovery import regime as regimes
from encaisse.recovery.refusal import Refused
from encaisse.recovery.worksheet import worksheet
from encaisse.web import formats, say
from encaisse.web.charges import in_words
from encaisse.web.forms_regime import BY_RULE, RegimeForm
from encaisse.web.guards import Asked, changes, reads


@reads
def interest(request: Asked, pk: int, receivable: int) -> HttpResponse:
    """How the interest of one receivable is reckoned, segment by segment, and under which law."""
    found = get_object_or_404(Customer, pk=pk)
    return _page(request, found, get_object_or_404(Receivable, pk=receivable, customer=found))


@changes
def regime(request: Asked, pk: int, receivable: int) -> HttpResponse:
    """Correct the regime of a receivable, or of all that is open of its customer."""
    found = get_object_or_404(Customer, pk=pk)
    row = get_object_or_404(Receivable, pk=receivable, customer=found)
    form = _form(found, regimes.ruling(request.creditor, found, row.pk), request.POST)
    if not form.is_valid():
        return _page(request, found, row, form, status=422)
    data = form.cleaned_data
    try:
        kept = record_regime.record(
            request.creditor,
            found,
            regime=data["regime"],
            reason=data["reason"],
            receivable_id=None if data["everything"] else row.pk,
            at=timezone.now(),
            actor=request.user.email,
        )
    except Refused as refused:
        form.add_error(None, refused.text)
        return _page(request, found, row, form, status=422)
    if kept:
        say.done(request, _("The regime is corrected; what is counted for lateness follows at once."))
    else:
        say.done(request, _("It stood so already."))
    return redirect("customer_interest", pk, row.pk)


@changes
def charges_shown(request: Asked, pk: int) -> HttpResponse:
    """Show a customer interest and indemnity, or never."""
    found = get_object_or_404(Customer, pk=pk)
    shown = request.POST.get("shown") == "yes"
    record_charges_shown.record(request.creditor, found, shown=shown, at=timezone.now(), actor=request.user.email)
    if shown:
        say.done(request, _("Interest and indemnity are shown to this customer from now on."))
    else:
        say.done(request, _("This customer never sees interest or indemnity again, in no message, statement or annex."))
    return redirect("customer", pk)


def _page(
    request: Asked, found: Customer, row: Receivable, form: RegimeForm | None = None, status: int = 200
) -> HttpResponse:
    ruling = regimes.ruling(request.creditor, found, row.pk)
    sheet = worksheet(row, ruling.regime, request.day)
    context = {
        "customer": found,
        "row": row,
        "sheet": sheet,
        "remarks": _remarks(sheet),
        "ruled": _ruled(ruling, row, request),
        "form": form or _form(found, ruling),
        "bound": form is not None,
    }
    return render(request, "web/customer_interest.html", context, status=status)


def _form(found: Customer, ruling: regimes.Ruling, data: Any = None) -> RegimeForm:
    chosen = ruling.choice.regime
    label = find_regime(chosen).label[formats.language()] if chosen else _("to be chosen by a person")
    return RegimeForm(
        data,
        codes=regimes.may_be_given(found),
        otherwise=_("By the rule: %(regime)s") % {"regime": label},
        initial={"regime": ruling.given.regime if ruling.given else BY_RULE},
    )


def _ruled(ruling: regimes.Ruling, row: Receivable, request: Asked) -> dict[str, Any]:
    """The regime in words: which, why, since when and how much, what a person has to answer, how sure it is."""
    language, rules = formats.language(), ruling.rules
    asked = list(ruling.choice.ask(language)) if ruling.given is None else []
    if rules is not None:
        asked += [question.text[language] for question in rules.asks]
    return {
        "given": ruling.given,
        "why": ruling.choice.explain(language),
        "asked": asked,
        "label": rules.label[language] if rules else "",
        "doubt": in_words(regimes.confidence(rules.code, row.due_on, request.day)) if rules else "",
        "texts": [
            (_("Runs from"), rules.begins[language]),
            (_("Rate"), rules.rate_text[language]),
            (_("Costs"), rules.costs[language]),
        ]
        if rules
        else [],
    }


def _remarks(sheet: Worksheet | None) -> list[str]:
    """What the worksheet says beside its figures; a missing rate has its own words on the page."""
    if sheet is None:
        return []
    return [reason_text(code, formats.language()) for code in sheet.reasons if code != UNKNOWN_RATE]
