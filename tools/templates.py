"""Checks every page and message template: `python -m tools.templates`.

- it compiles with the project's own engine, and the components it names exist;
- it obeys the content security policy: no script, style or event handler inside the page, nothing from other machines;
- its words are translatable: no text outside the translation tags;
- what it prints is escaped.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "encaisse"

# Blanked before the HTML is read, lines kept: what is left is markup and text that nobody translates.
TRANSLATED = re.compile(
    r"{%\s*blocktrans(?:late)?\b.*?%}.*?{%\s*endblocktrans(?:late)?\s*%}|{%\s*comment\b.*?%}.*?{%\s*endcomment\s*%}"
    # A block named …class fills an attribute of the page it extends.
    r"|{%\s*block\s+\w*class\s*%}.*?{%\s*endblock.*?%}|{#.*?#}|{%.*?%}|{{.*?}}",
    re.DOTALL,
)
UNESCAPED = re.compile(r"\|\s*safe(?:seq)?\b|{%\s*autoescape\s+off\b")
COMPONENT = re.compile(r"<c-(?!vars\b|slot\b)([\w.-]+)")
WORD = re.compile(r"[^\W\d_]{2,}")

SPOKEN_ATTRIBUTES = {"alt", "aria-label", "aria-description", "placeholder", "title"}
SPOKEN_BY_COMPONENTS = {"heading", "hint", "label"}
UNSPOKEN_TAGS = {"code", "kbd", "script", "style", "svg"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LOADING = {("script", "src"), ("link", "href"), ("img", "src"), ("source", "src"), ("form", "action"), ("use", "href")}
SAME_IN_EVERY_LANGUAGE = set(
    "encaisse English Français IBAN BIC SIREN SIRET FEC CSV PDF EUR SHA SMTP YAML QR".split()  # noqa: SIM905
)


def templates(source: Path = SOURCE) -> Iterator[Path]:
    """Yield the Django templates below `source`."""
    for path in sorted(source.rglob("*")):
        if path.suffix in (".html", ".txt") and "templates" in path.parts and "exchange" not in path.parts:
            yield path


class Reader(HTMLParser):
    """Reads blanked HTML and notes what breaks the rules, as (line, fault)."""

    def __init__(self, *, mail: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.mail = mail
        self.faults: list[tuple[int, str]] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check a tag and its attributes."""
        names = {name for name, _value in attrs}
        if tag == "script" and "src" not in names:
            self._fault("a script inside the page: put it into a file under static/")
        # A mail has no style sheet of its own: its rules are written into it when it is made.
        if tag == "style" and not self.mail:
            self._fault("a style inside the page: put it into a file under static/")
        if tag == "img" and "alt" not in names:
            self._fault("an image without alt")
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag in UNSPOKEN_TAGS and tag not in VOID:
            self._silent.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check a tag that closes itself."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave a tag whose text nobody reads."""
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        """Check a text."""
        words = set(WORD.findall(data)) - SAME_IN_EVERY_LANGUAGE
        if words and not self._silent:
            self._fault(f"a text that is not translated: {' '.join(data.split())[:60]!r}")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name == "style" and not self.mail:
            self._fault("a style attribute: use a class")
        if re.fullmatch(r"on[a-z]+", name) or name.startswith("hx-on"):
            self._fault(f"an event handler inside the page: {name}")
        if re.match(r"\s*(javascript|js):", value, re.IGNORECASE):
            self._fault(f"a script inside an attribute: {name}")
        if (tag, name) in LOADING and re.match(r"(https?:)?//", value):
            self._fault(f"something from another machine: {value}")
        spoken = (
            SPOKEN_ATTRIBUTES | SPOKEN_BY_COMPONENTS if tag.startswith("c-") and tag != "c-vars" else SPOKEN_ATTRIBUTES
        )
        if name in spoken and set(WORD.findall(value)) - SAME_IN_EVERY_LANGUAGE:
            self._fault(f"an attribute that is not translated: {name}={value!r}")

    def _fault(self, text: str) -> None:
        self.faults.append((self.getpos()[0], text))


def faults(path: Path) -> Iterator[tuple[int, str]]:
    """Yield what is wrong in the text of a template, as (line, fault); whether it compiles is asked of the engine."""
    source = path.read_text(encoding="utf-8")
    for match in UNESCAPED.finditer(source):
        yield _line(source, match.start()), f"printed without escaping: {match.group().strip()}"
    for match in COMPONENT.finditer(source):
        if not _component(match.group(1)):
            yield _line(source, match.start()), f"no component {match.group(1)}"
    if path.suffix == ".html":
        reader = Reader(mail="mail" in path.stem or "email" in path.parts)
        reader.feed(TRANSLATED.sub(_blank, source))
        reader.close()
        yield from reader.faults


def _component(name: str) -> bool:
    place = name.replace("-", "_").replace(".", "/")
    return name == "component" or any(
        folder.joinpath(f"{place}.html").is_file() or folder.joinpath(place, "index.html").is_file()
        for folder in SOURCE.rglob("templates/cotton")
    )


def _blank(match: re.Match[str]) -> str:
    # A tag may choose between pieces of markup: it leaves nothing behind. A value leaves something like a value.
    return "\n" * match.group().count("\n") or (" " if match.group().startswith("{{") else "")


def _line(source: str, position: int) -> int:
    return source.count("\n", 0, position) + 1


def compile_error(path: Path) -> str | None:
    """Return why a template does not compile with the project's engine; None when it does."""
    from django.template import TemplateDoesNotExist, TemplateSyntaxError
    from django.template.loader import get_template

    parts = path.parts
    # The name as the loaders know it: below the innermost folder called "templates".
    name = "/".join(parts[len(parts) - parts[::-1].index("templates") :])
    try:
        get_template(name)
    except (TemplateSyntaxError, TemplateDoesNotExist) as reason:
        return f"does not compile: {reason}"
    return None


def main() -> int:
    """Check all templates; print `file:line: fault` for each fault and return 1 when there are any."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "encaisse.config.settings")
    import django

    django.setup()
    count = problems = 0
    for path in templates():
        count += 1
        found = list(faults(path))
        if error := compile_error(path):
            found.append((1, error))
        for line, fault in sorted(found):
            problems += 1
            print(f"{path.relative_to(ROOT)}:{line}: {fault}")
    print(f"templates: {count} checked, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
