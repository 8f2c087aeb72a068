"""How numbers, names and accounts are brought into one form before they are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORDS = re.compile(r"[A-Z0-9]+")
_GROUPS = re.compile(r"[0-9]+")
_OPENING_LETTERS = re.compile(r"^[A-Z]+")
_LIGATURES = str.maketrans({"Œ": "OE", "Æ": "AE", "Ø": "O", "Ł": "L", "Đ": "D"})
MISREAD = str.maketrans("OQILSBZ", "0011582")
"""Letters taken for digits, or digits for letters: O and Q for 0, I and L for 1, S for 5, B for 8, Z for 2."""

# Legal forms and little words say nothing about who a company is.
_EMPTY = """
    SARL SAS SASU SA EURL EI EIRL SCI SCM SCP SNC SELARL SELAS SCOP SCA GIE GAEC EARL ASSOC ASSOCIATION STE SOCIETE
    ETS ETABLISSEMENT ETABLISSEMENTS CIE COMPAGNIE GROUPE GROUP HOLDING ENTREPRISE MR MME MLLE MONSIEUR MADAME DR
    GMBH AG KG OHG UG MBH CO LTD LIMITED PLC LLP LLC INC CORP BV NV SRL SPA SPRL OY AB AS APS THE AND
    DE DU DES D LA LE LES L ET AU AUX EN SUR POUR OU VIR VIREMENT SEPA INST RECU
"""
EMPTY_WORDS = frozenset(_EMPTY.split())


@lru_cache(maxsize=200_000)
def capitals(text: str) -> str:
    """The text in plain capitals: accents and ligatures taken away."""
    if text.isascii():
        return text.upper()
    folded = unicodedata.normalize("NFKD", text.upper().translate(_LIGATURES))
    return "".join(char for char in folded if not unicodedata.combining(char)).upper()


def words(text: str) -> list[str]:
    """The groups of letters and digits of a text, in plain capitals."""
    return _WORDS.findall(capitals(text))


def plain_iban(written: str) -> str:
    """An account number without spaces and signs, in capitals."""
    return "".join(words(written))


@lru_cache(maxsize=200_000)
def name_words(name: str) -> tuple[str, ...]:
    """What tells one name from another: its words without legal forms and little words, all of them if none is left."""
    every = words(name.replace("'", " ").replace("’", " "))
    telling = [word for word in every if word not in EMPTY_WORDS]
    return tuple(telling or every)


def name_key(name: str) -> str:
    """One form for all ways of writing a name: its telling words, each once, in alphabetical order."""
    return " ".join(sorted(set(name_words(name))))


def has_digit(word: str) -> bool:
    """True when a digit stands in a word of ``words``, which holds only letters and digits."""
    return not word.isalpha()


def digits_of(word: str) -> str:
    """The digits of a word that begins a number: opening letters dropped, misread letters taken back.

    ``""`` when letters stand between the digits or there is no digit at all.
    """
    if word.isdigit():
        return word
    if not has_digit(word):
        return ""
    read = word.translate(MISREAD)
    if read.isdigit():
        return read
    rest = _OPENING_LETTERS.sub("", word).translate(MISREAD)
    return rest if rest.isdigit() else ""


def groups_of(number: str) -> list[str]:
    """The groups of digits of a document's number, as written."""
    return _GROUPS.findall(capitals(number))
