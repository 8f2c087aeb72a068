"""Checks of single values of a contacts file. A check gives the value in its one form, or None when it is wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

import phonenumbers
from babel import Locale
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from encaisse.exchange.terms import Terms, parse_terms

KINDS: Mapping[str, tuple[str, ...]] = {
    "company": ("company", "societe", "entreprise", "professionnel", "pro", "b2b", "business", "sarl", "sas", "sasu",
                "sa", "eurl", "sci", "personne morale", "ltd", "plc", "limited company"),
    "sole_trader": ("sole_trader", "sole trader", "entrepreneur individuel", "ei", "eirl", "auto-entrepreneur",
                    "auto entrepreneur", "autoentrepreneur", "micro-entrepreneur", "micro entrepreneur", "artisan",
                    "profession liberale", "independant", "freelance", "self-employed", "self employed"),
    "consumer": ("consumer", "particulier", "consommateur", "b2c", "personne physique", "individual", "private",
                 "private person", "non professionnel"),
    "public": ("public", "mairie", "commune", "collectivite", "collectivite territoriale", "administration", "etat",
               "ville", "departement", "region", "hopital", "etablissement public", "secteur public", "public body",
               "b2g", "epci", "communaute de communes", "government", "council"),
    "association": ("association", "asso", "loi 1901", "association loi 1901", "fondation", "non-profit", "nonprofit",
                    "charity", "syndicat"),
}  # fmt: skip
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "yes": ("yes", "y", "oui", "o", "true", "vrai", "1", "x"),
    "no": ("no", "n", "non", "false", "faux", "0", "never", "jamais"),
}
_ANSWER_OF = {word: answer for answer, words in ANSWERS.items() for word in words}
_KIND_OF = {word: kind for kind, words in KINDS.items() for word in words}
_LANGUAGES = {
    "fr": "fr", "francais": "fr", "french": "fr", "fra": "fr", "fre": "fr",
    "en": "en", "anglais": "en", "english": "en", "eng": "en",
}  # fmt: skip
_COUNTRY_WORDS = {"uk": "GB", "angleterre": "GB", "england": "GB", "usa": "US", "hollande": "NL", "holland": "NL"}
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}")


def siren(text: str) -> str | None:
    """Nine digits with a right check digit; a SIRET or a French VAT number gives its SIREN."""
    digits = re.sub(r"[\s.\u00a0-]", "", text).upper()
    if re.fullmatch(r"FR[0-9A-Z]{2}\d{9}", digits):
        digits = digits[4:]
    if len(digits) == 14:
        return digits[:9] if stdnum_siret.is_valid(digits) else None
    return digits if stdnum_siren.is_valid(digits) else None


def kind(text: str) -> str | None:
    """One of ``KINDS``."""
    return _KIND_OF.get(_plain(text)) or _KIND_OF.get(_plain(text).rstrip("s"))


def yes_or_no(text: str) -> str | None:
    """``yes`` or ``no``, from the words for it in French and English."""
    return _ANSWER_OF.get(_plain(text))


def language(text: str) -> str | None:
    """``fr`` or ``en``, the languages messages are written in."""
    word = _plain(text)
    return _LANGUAGES.get(word) or _LANGUAGES.get(re.split(r"[-_ ]", word)[0])


def country(text: str) -> str | None:
    """ISO 3166 code of two letters, from the code or the name in French or English."""
    code = text.strip().upper()
    names = _countries()
    return code if code in names.values() else _COUNTRY_WORDS.get(_plain(text)) or names.get(_plain(text))


def email(text: str) -> str | None:
    """An address that has the shape of one, its domain in small letters."""
    plain = text.strip().strip("<>").removeprefix("mailto:")
    if len(plain) > 254 or not _EMAIL.fullmatch(plain) or ".." in plain or plain.startswith(".") or ".@" in plain:
        return None
    local, _, domain = plain.rpartition("@")
    if any(label.startswith("-") or label.endswith("-") for label in domain.split(".")):
        return None
    return f"{local}@{domain.lower()}"


def phone(text: str, region: str) -> tuple[str, bool]:
    """(E.164 form, whether the number is in use as far as the numbering plan tells); blank when it is no number."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return "", False
    if not phonenumbers.is_possible_number(number):
        return "", False
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), phonenumbers.is_valid_number(number)


def postcode(text: str, country_code: str) -> tuple[str, bool]:
    """(postcode, whether a zero was put back): spreadsheets eat the first zero of a French postcode."""
    plain = " ".join(text.upper().split())
    if country_code in ("", "FR") and re.fullmatch(r"\d{4}", plain) and country_code == "FR":
        return f"0{plain}", True
    return plain, False


def terms(text: str) -> Terms | None:
    """Payment terms, or None when they are not understood."""
    try:
        return parse_terms(text)
    except ValueError:
        return None


def tags(text: str) -> tuple[str, ...]:
    """Tags separated by commas, semicolons or bars, each once."""
    return tuple(dict.fromkeys(tag.strip() for tag in re.split(r"[;,|]", text) if tag.strip()))


CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "siren": siren, "kind": kind, "language": language, "country": country, "charges": yes_or_no,
}  # fmt: skip


@cache
def _countries() -> dict[str, str]:
    names: dict[str, str] = {}
    for locale in ("fr", "en"):
        territories = Locale.parse(locale).territories.items()
        names |= {_plain(name): code for code, name in territories if len(code) == 2 and code.isalpha()}
    return names


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return " ".join("".join(char for char in letters if not unicodedata.combining(char)).split())
