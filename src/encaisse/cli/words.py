"""The language of the command line: `--lang`, else ENCAISSE_LANG, else the machine's locale, else French.

Help texts are written when commands are defined, long before Django is set up, so the catalogue is read with Python's
own gettext. Call `settle` before importing the modules that define commands.
"""

from __future__ import annotations

import gettext as catalogues
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).resolve().parent.parent / "locale"
DOMAIN = "django"
LANGUAGES = ("fr", "en")
DEFAULT = "fr"

_chosen: list[str] = []


def settle(wanted: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Choose the language for this process and return it."""
    _chosen[:] = [wanted if wanted in LANGUAGES else _from_environment(environment)]
    # typer looks its own few words up ("Options", "Commands") with Python's global gettext.
    os.environ["LANGUAGE"] = _chosen[0]
    catalogues.bindtextdomain(DOMAIN, str(LOCALE))
    catalogues.textdomain(DOMAIN)
    return _chosen[0]


def language() -> str:
    """The language in force: `fr` or `en`."""
    return _chosen[0] if _chosen else settle()


def _(text: str) -> str:
    """The text in the language in force."""
    return _catalogue(language()).gettext(text)


def pgettext(context: str, text: str) -> str:
    """The text in the language in force, where the same English word has several meanings."""
    return _catalogue(language()).pgettext(context, text)


def ngettext(one: str, many: str, count: int) -> str:
    """The singular or the plural, in the language in force."""
    return _catalogue(language()).ngettext(one, many, count)


@cache
def _catalogue(code: str) -> catalogues.NullTranslations:
    if code == "en":
        return catalogues.NullTranslations()
    return catalogues.translation(DOMAIN, str(LOCALE), [code], fallback=True)


def _from_environment(environment: Mapping[str, str]) -> str:
    for name in ("ENCAISSE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        code = environment.get(name, "")[:2].lower()
        if code in LANGUAGES:
            return code
    return DEFAULT


def _words_of_typer() -> tuple[str, ...]:
    """What typer and its parser say themselves; named here so that the catalogue keeps their French."""
    return (
        _("Arguments"),
        _("Options"),
        _("Commands"),
        _("Error"),
        _("Aborted."),
        _("(deprecated) "),
        _("[default: {}]"),
        _("[env var: {}]"),
        _("[required]"),
        _("Missing command."),
        _("No such command {name!r}."),
        _("Try [blue]'{command_path} {help_option}'[/] for help."),
    )
