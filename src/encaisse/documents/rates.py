"""Words for the rate of interest that a message names."""

from collections.abc import Sequence
from decimal import Decimal

from encaisse.documents import words
from encaisse.documents.library import labels

BASES = ("ecb_10", "ecb_8", "legal", "contract")


def rate_words(rates: Sequence[Decimal], basis: str, language: str, *, source: str = "") -> str:
    """The rates of a delay in the order of its days, percent per year, and where they come from.

    ``12,15 % puis 12,40 % l’an (taux BCE majoré de 10 points)``. No rate known gives no words. ``basis`` is one of
    BASES, or empty when ``source`` says in words what the rate is. Raises KeyError for another basis.
    """
    language = words.language_of(language)
    label = labels(language)
    where = label[f"rate_basis_{basis}"] if basis else f" ({source})"
    if not rates:
        return ""
    distinct = [rate for index, rate in enumerate(rates) if not index or rate != rates[index - 1]]
    written = label["rate_then"].join(words.decimal_text(rate, language, 2) for rate in distinct)
    return words.spaced(label["rate_year"].replace("{rates}", written) + where, language)
