"""The French catalogue of the faces, kept without gettext's programs.

    python -m tools.translations compile        write each django.mo beside its django.po
    python -m tools.translations check          fail when a text has no French, or its French is wrong in form
    python -m tools.translations missing        print what has no French, as a .po to fill in
    python -m tools.translations merge FILE…    take translations from .po fragments (--replace: theirs win)
    python -m tools.translations prune          forget translations that nothing uses any more

Texts are found in Python (`_`, gettext and its relatives) and in Django templates (translate, blocktranslate, `_("…")`
in tags and in component attributes). The catalogue is sorted and names no files, so that merges stay readable.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "encaisse"
CATALOGUE = SOURCE / "locale" / "fr" / "LC_MESSAGES" / "django.po"

HEADER = """\
# French texts of encaisse. Kept by `python -m tools.translations`; licence: that of encaisse.
msgid ""
msgstr ""
"Project-Id-Version: encaisse\\n"
"Language: fr\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

"""

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **{f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext", "npgettext")},
    "gettext_noop": None,
}

# Component attributes (django-cotton) hold `_("…")` outside Django's tags, where Django's own extraction is blind.
IN_ATTRIBUTE = re.compile(r"""\b_\((?:"([^"]+)"|'([^']+)')\)""")

PO_LINE = re.compile(r"""(?:#.*)?|(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s+)?"(?:[^"\\]|\\.)*\"""")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sdif]|\{\w*\}")
TAG = re.compile(r"</?\s*[a-zA-Z][^>]*>")

NO_BREAK = "\u00a0"
BEFORE_HIGH_SIGN = re.compile(r"(?<=\S) (?=[:;?!»€](?:\s|$|[.,)<\"]))|(?<=[\d)s]) (?=%(?:\s|$|[.,;]))")
AFTER_OPENING = re.compile(r"(?<=«) ")
STRAIGHT_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")

Key = tuple[str, str | None]
"""What identifies a text: its (singular) English, and its context."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text the program shows: English, plural or None, context or None, and the first file it was found in."""

    singular: str
    plural: str | None
    context: str | None
    place: str

    @property
    def key(self) -> Key:
        """The key of this text in the catalogue."""
        return self.singular, self.context


# ------------------------------------------------------------------------------------------------------------ finding


def find_texts(source: Path | None = None) -> dict[Key, Text]:
    """Return every translatable text below `source` (the program's source), by its key."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
    found: dict[Key, Text] = {}
    for path in sorted((source or SOURCE).rglob("*")):
        texts: Iterable[Text] = ()
        if path.suffix == ".py":
            texts = _from_python(path.read_bytes(), _name(path))
        elif path.suffix in (".html", ".txt") and "templates" in path.parts:
            texts = _from_template(path.read_text(encoding="utf-8"), _name(path))
        for text in texts:
            known = found.get(text.key)
            # A text used with and without a plural keeps the plural, as gettext does.
            if known is None or (known.plural is None and text.plural):
                found[text.key] = text
    return found


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def _from_python(source: bytes, place: str) -> Iterator[Text]:
    for _line, function, messages, _comments in extract_python(io.BytesIO(source), KEYWORDS, (), {}):
        # None, here and below, stands for an argument that is not a constant: there is nothing to translate.
        text = _text(str(function), messages, place) if messages else None
        if text:
            yield text


def _text(function: str, messages: str | Sequence[str | None], place: str) -> Text | None:
    given = [messages] if isinstance(messages, str) else list(messages)
    name = function.removesuffix("_lazy").removesuffix("_noop")
    context = given.pop(0) if name in ("pgettext", "npgettext") else None
    singular, plural = given[0], (given[1] if name in ("ngettext", "npgettext") else None)
    return Text(singular, plural, context, place) if singular else None


def _from_template(source: str, place: str) -> Iterator[Text]:
    # In brackets, the indentation of what templatize leaves means nothing to Python's tokenizer.
    code = "(\n" + templatize(source, origin=place) + "\n)"
    yield from _from_python(code.encode(), place)
    for double, single in IN_ATTRIBUTE.findall(source):
        yield Text(double or single, None, None, place)


# ---------------------------------------------------------------------------------------------------------- catalogue


def read(path: Path) -> Catalog:
    """Read a catalogue or a fragment of one (no header needed).

    Raises:
        SystemExit: when the file cannot be read, with the reason.
    """
    # Babel reads on past a quote left open, and would take the rest of the line for the text.
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not PO_LINE.fullmatch(line.strip()):
            raise SystemExit(f"{path}:{number}: not a line of a .po file: {line}")
    try:
        with path.open("rb") as file:
            return read_po(file, locale="fr", charset="utf-8", abort_invalid=True)
    except (PoFileError, ValueError) as reason:
        raise SystemExit(f"{path}: {reason}") from reason


def entries(catalog: Catalog) -> dict[Key, Message]:
    """Return the entries of a catalogue, its header left out."""
    return {(_singular(message), message.context): message for message in catalog if message.id}


def _singular(message: Message) -> str:
    return message.id[0] if isinstance(message.id, (tuple, list)) else str(message.id)


def forms(message: Message) -> list[str]:
    """Return the translations of an entry: one, or one per plural form."""
    return list(message.string) if isinstance(message.string, (tuple, list)) else [message.string or ""]


def write(messages: Iterable[tuple[Text, list[str]]], path: Path) -> None:
    """Write a catalogue: sorted, the same bytes for the same translations."""
    catalog = Catalog(locale="fr", charset="utf-8")
    for text, translations in messages:
        identity = (text.singular, text.plural) if text.plural else text.singular
        string = tuple(translations) if text.plural else translations[0]
        catalog.add(identity, string, context=text.context)
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110, no_location=True, omit_header=True, sort_output=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + buffer.getvalue().decode().strip() + "\n", encoding="utf-8")


def polish(french: str) -> str:
    """Set a French text as print does: no-break space before high signs and inside « », typographic apostrophe.

    >>> polish("Qu'en dites-vous ?")
    'Qu’en dites-vous\\xa0?'
    """
    french = AFTER_OPENING.sub(NO_BREAK, BEFORE_HIGH_SIGN.sub(NO_BREAK, french))
    # Inside a tag a straight quote belongs to an attribute.
    pieces = re.split(f"({TAG.pattern})", french)
    return "".join(piece if TAG.fullmatch(piece) else STRAIGHT_APOSTROPHE.sub("’", piece) for piece in pieces)


def faults(text: Text, translations: list[str]) -> Iterator[str]:
    """Yield what is wrong in form with the French of a text."""
    if not all(translations):
        yield "has no French"
        return
    wanted = set(PLACEHOLDER.findall(text.plural or text.singular))
    either = wanted | set(PLACEHOLDER.findall(text.singular))
    for index, french in enumerate(translations):
        given = set(PLACEHOLDER.findall(french))
        # "One invoice" may leave out the count that "%(count)s invoices" shows.
        if given - either or (wanted - given and not (text.plural and index == 0)):
            yield f"its French has other placeholders: {_listed(given)} instead of {_listed(wanted)}"
        if sorted(TAG.findall(french)) != sorted(TAG.findall(text.singular)) and not text.plural:
            yield "its French has other HTML tags"
        if text.singular.startswith("\n") != french.startswith("\n"):
            yield "begins with a line end in one language only"
        if text.singular.endswith("\n") != french.endswith("\n"):
            yield "ends with a line end in one language only"
        if polish(french) != french:
            yield f"its French wants typographic spaces and apostrophes: {polish(french)}"


def _listed(placeholders: set[str]) -> str:
    return ", ".join(sorted(placeholders)) or "none"


# ----------------------------------------------------------------------------------------------------------- commands


def compile_catalogues(*, only_stale: bool = False) -> int:
    """Write the .mo files: all of them, or only those older than their .po."""
    for po in sorted(SOURCE.rglob("locale/*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if only_stale and mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        # In one move: whoever reads it meanwhile sees the old one or the new one, whole.
        draft = mo.with_name(f".{mo.name}.draft")
        with draft.open("wb") as target:
            write_mo(target, read(po))
        draft.replace(mo)
    return 0


def check() -> int:
    """Say what is missing, unused or wrong in form; return 1 when there is anything, else 0."""
    wanted, have = find_texts(), entries(read(CATALOGUE)) if CATALOGUE.exists() else {}
    problems = [f"{have[key].id!r}: nothing uses it any more" for key in sorted(have.keys() - wanted.keys(), key=str)]
    for key, text in sorted(wanted.items(), key=str):
        message = have.get(key)
        translations = forms(message) if message else [""]
        if message and message.fuzzy:
            problems.append(f"{text.place}: {text.singular!r}: its French is marked fuzzy")
        elif text.plural and len(translations) != 2 and message:
            problems.append(f"{text.place}: {text.singular!r}: its French wants a singular and a plural")
        else:
            problems += [f"{text.place}: {text.singular!r}: {fault}" for fault in faults(text, translations)]
    for problem in problems:
        print(problem)
    print(f"translations: {len(wanted)} texts, {len(problems)} problems")
    return 1 if problems else 0


def missing() -> int:
    """Print the texts without French, as a fragment to fill in and give to `merge`."""
    have = entries(read(CATALOGUE)) if CATALOGUE.exists() else {}
    for key, text in sorted(find_texts().items(), key=str):
        if key in have and all(forms(have[key])) and not have[key].fuzzy:
            continue
        print(f"# {text.place}")
        for name, value in (("msgctxt", text.context), ("msgid", text.singular), ("msgid_plural", text.plural)):
            if value is not None:
                print(f"{name} {_quoted(value)}")
        print('msgstr[0] ""\nmsgstr[1] ""\n' if text.plural else 'msgstr ""\n')
    return 0


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def merge(fragments: list[Path], *, replace: bool) -> int:
    """Take the translations of fragments into the catalogue, set as French print does.

    Where both have a translation the catalogue's stays and the difference is said, unless `replace`.
    """
    have = entries(read(CATALOGUE)) if CATALOGUE.exists() else {}
    merged = {key: (_as_text(message), forms(message)) for key, message in have.items() if not message.fuzzy}
    taken = 0
    for path in fragments:
        for key, message in entries(read(path)).items():
            french = [polish(form) for form in forms(message)]
            if not all(french) or message.fuzzy:
                continue
            known = merged.get(key)
            if known and all(known[1]) and known[1] != french and not replace:
                print(f"{path}: {key[0]!r}: kept {known[1]}, not {french}", file=sys.stderr)
                continue
            taken += known is None or known[1] != french
            merged[key] = (_as_text(message), french)
    write(merged.values(), CATALOGUE)
    print(f"{taken} translations taken, {len(merged)} in the catalogue")
    return 0


def _as_text(message: Message) -> Text:
    plural = message.id[1] if isinstance(message.id, (tuple, list)) else None
    return Text(_singular(message), plural, message.context, "")


def prune() -> int:
    """Forget the translations that nothing uses."""
    wanted, have = find_texts(), entries(read(CATALOGUE))
    kept = [(_as_text(message), forms(message)) for key, message in have.items() if key in wanted]
    write(kept, CATALOGUE)
    print(f"{len(have) - len(kept)} forgotten, {len(kept)} kept")
    return 0


def main() -> int:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(prog="python -m tools.translations", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("compile", "check", "missing", "prune"):
        commands.add_parser(name)
    merging = commands.add_parser("merge")
    merging.add_argument("files", nargs="+", type=Path)
    merging.add_argument("--replace", action="store_true", help="a fragment's translation wins over the catalogue's")
    given = parser.parse_args()
    if given.command == "merge":
        return merge(given.files, replace=given.replace)
    return {"compile": compile_catalogues, "check": check, "missing": missing, "prune": prune}[given.command]()


if __name__ == "__main__":
    sys.exit(main())
