"""Words no message to a customer may hold, because the law forbids the threat or the look behind them."""

from __future__ import annotations

import re
from typing import Final

from encaisse.documents.words import language_of, plain

FORBIDDEN: Final[dict[str, tuple[str, ...]]] = {
    # C. pén. 433-13 (looks like a court paper), 312-10 (blackmail), 222-16; CPCE R124-4; C. civ. 1240 (publication).
    "fr": (
        "avis avant saisie",
        "avant poursuites",
        "saisie immédiate",
        "dernier avis avant huissier",
        "passage d'un huissier",
        "visite d'un huissier",
        "visite d'un commissaire de justice",
        "commandement de payer",
        "sommation de payer",
        "plainte pénale",
        "déposer plainte",
        "porter plainte",
        "prévenir votre employeur",
        "informer votre employeur",
        "prévenir vos proches",
        "vos voisins",
        "publier votre nom",
        "publierons votre",
        "liste noire",
        "mauvais payeur",
        "réseaux sociaux",
    ),
    "en": (
        "notice before seizure",
        "immediate seizure",
        "bailiff will visit",
        "bailiff visit",
        "criminal complaint",
        "press charges",
        "inform your employer",
        "tell your employer",
        "your neighbours",
        "your family",
        "publish your name",
        "blacklist",
        "black list",
        "bad payer",
        "social media",
        "social network",
    ),
}


def forbidden(text: str, language: str) -> tuple[str, ...]:
    """Return the forbidden phrases found in `text`; spaces, case and kinds of apostrophe do not matter."""
    body = plain(text).casefold()
    return tuple(
        phrase
        for phrase in FORBIDDEN[language_of(language)]
        if re.search(rf"(?<!\w){re.escape(plain(phrase).casefold())}", body)
    )
