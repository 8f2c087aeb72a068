"""The page of the rules of law is what the tables say, and leaves no rule and no module out."""

from __future__ import annotations

import re
from functools import cache

import yaml

from tools import law_rules

LAW = law_rules.LAW
DOCS = law_rules.PAGE.parent
TABLES = {
    "deadlines.yaml": ("rules",),
    "routes.yaml": ("routes",),
    "conditions.yaml": ("conditions",),
    "courts.yaml": ("courts",),
    "guards.yaml": ("acts",),
    "limitation.yaml": ("kinds", "events"),
    "terms.yaml": ("ceilings", "clauses"),
    "mentions.yaml": ("mentions",),
    "regimes.yaml": (),
    "scales.yaml": (),
    "costs.yaml": (),
    "phrases/rules.yaml": (),
}
"""Where the ids of rules stand: under these keys, or at the top of the file."""


@cache
def page() -> str:
    return law_rules.PAGE.read_text("utf-8")


def test_the_page_is_what_the_tables_say() -> None:
    assert page() == law_rules.page(), "python -m tools.law_rules write"


def test_no_rule_is_left_out() -> None:
    missing = []
    for name, keys in TABLES.items():
        content = yaml.load((LAW / name).read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        tables = [content[key] for key in keys] or [content]
        missing += [f"{name}: {rule}" for table in tables for rule in table if f"| `{rule}` |" not in page()]
    for path in LAW.glob("constants/*.yaml"):
        names = re.findall(r"^  (\w+):$", path.read_text("utf-8"), re.MULTILINE)
        missing += [f"{path.name}: {name}" for name in names if f"| `{path.stem}.{name}` |" not in page()]
    missing += [path.stem for path in LAW.glob("parameters/*.yaml") if f"| `{path.stem}` |" not in page()]
    assert missing == []


def test_every_module_is_named_with_what_it_does() -> None:
    paths = [*LAW.glob("*.py"), *LAW.glob("vectors/*.py")]
    assert len(paths) > 40
    for path in paths:
        assert re.search(rf"\| `law/{path.relative_to(LAW)}` \| [A-Z]", page()), path


def test_the_modules_that_the_pages_name_exist() -> None:
    for text in ((DOCS / "law.md").read_text("utf-8"), page()):
        for name in set(re.findall(r"`(law/[\w/]+\.(?:py|yaml))`", text)):
            assert (LAW.parent / name).is_file(), name


def test_each_rule_has_a_source_and_a_confidence() -> None:
    words = {"sure", "probable", "to-verify", "not known"}
    for section in page().split("\n## ")[1:]:
        lines = [line for line in section.splitlines() if line.startswith("| ")]
        heads = lines[0].strip("| ").split(" | ")
        if "confidence" not in heads:
            continue
        for line in lines[2:]:
            cells = dict(zip(heads, line.removeprefix("| ").removesuffix(" |").split(" | "), strict=False))
            told = re.sub(r"\d+ ", "", cells.get("confidence", ""))
            assert set(told.split(", ")) <= words, line
            assert cells["source"].strip(), line
