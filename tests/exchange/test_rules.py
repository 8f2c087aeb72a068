"""Each rule of the table lets a good invoice pass and finds the one spoilt in its way, in CII and in UBL."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from encaisse.exchange.problems import LANGUAGES, Severity
from encaisse.exchange.rules import official
from encaisse.exchange.rules.evaluate import broken, evaluate, sets_for
from encaisse.exchange.rules.table import EDITIONS, Rule, names, rule_of, rules, shared_words
from encaisse.exchange.rules.view import kinds, view_of
from encaisse.exchange.rules.words import problem_of
from encaisse.exchange.safe_xml import Node
from tests.exchange.einvoice_samples import GOOD
from tests.exchange.rule_samples import add, double, drop, invoice, seen, spoil, tree
from tools import rules_list

SYNTAXES = ("cii", "ubl")
PRIVATE = 'schemeID="0009">11111111100017'
# (kind of group, term, text or None to take it out), or words in place of others, or a kind to drop (-) or double (+).
Edit = tuple[str, str, str | None] | tuple[str, str] | str
SPOILT: dict[str, tuple[Edit, ...]] = {
    "BR-17": (("payee", "BT-59", None),),
    "BR-27": (("line", "BT-146", "-1"),),
    "BR-28": (("line", "BT-148", "-1"),),
    "BR-29": (("period", "BT-73", "20270101"),),
    "BR-30": (("line_period", "BT-134", "20270101"),),
    "BR-48": (("tax", "BT-119", None),),
    "BR-50": (("means", "BT-84", ""),),
    "BR-51": (("means", "BT-87", "12345678901"),),
    "BR-53": (("document", "BT-6", "GBP"),),
    "BR-54": (("attribute", "BT-161", None),),
    "BR-61": (("means", "BT-84", None),),
    "BR-CO-03": (("document", "BT-7", "+20261001"),),
    "BR-CO-09": (("seller", "BT-31", "123456789"),),
    "BR-CO-10": (("totals", "BT-106", "99.00"),),
    "BR-CO-11": (("totals", "BT-107", "9.00"),),
    "BR-CO-12": (("totals", "BT-108", None),),
    "BR-CO-13": (("totals", "BT-109", "90.00"),),
    "BR-CO-14": (("tax_total", "BT-110", "18.99"),),
    "BR-CO-15": (("totals", "BT-112", "1.00"),),
    "BR-CO-16": (("totals", "BT-115", "1.00"),),
    "BR-CO-17": (("tax", "BT-117", "20.01"),),
    "BR-CO-19": (("period", "BT-73", None), ("period", "BT-74", None), ("period", "BT-8", None)),
    "BR-CO-25": (("document", "BT-9", None), ("document", "BT-20", None)),
    "BR-CO-26": (("seller", "BT-29", None), ("seller", "BT-30", None), ("seller", "BT-31", None)),
    "BR-DEC-13": (("tax_total", "BT-110", "19.001"),),
    "BR-DEC-15": (("tax_total", "BT-110-1", "USD"), ("tax_total", "BT-110", "19.001")),
    "BR-CL-01": (("document", "BT-3", "999"),),
    "BR-CL-06": (("document", "BT-8", "999"),),
    "BR-CL-14": (("buyer", "BT-55", "QQ"),),
    "BR-CL-17": (("tax", "BT-118", "Q"),),
    "BR-CL-19": (("line_allowance", "BT-140", "QQ"),),
    "BR-CL-20": (("charge", "BT-105", "QQ"),),
    "BR-CL-25": (("seller", "BT-34-1", "9999"),),
    "BR-B-01": (("line", "BT-151", "B"),),
    "BR-B-02": (("line", "BT-151", "B"),),
    "BR-FR-01": (("document", "BT-1", "1" * 36),),
    "BR-FR-02": (("document", "BT-1", "F 1"),),
    "BR-FR-03": (("document", "BT-2", "19991231"),),
    "BR-FR-04": (("document", "BT-3", "751"),),
    "BR-FR-05": ("-note",),
    "BR-FR-06": ("+note",),
    "BR-FR-08": (("document", "BT-23", "A1"),),
    "BR-FR-09": (("seller", "BT-29", "99999999900017"),),
    "BR-FR-10": (("seller", "BT-30", "12345"),),
    "BR-FR-11": (("buyer", "BT-47", "12345"),),
    "BR-FR-15": (("line", "BT-151", "L"),),
    "BR-FR-16": (("line", "BT-152", "19.00"),),
    "BR-FR-17": (("attachment", "BT-123", "QUOI"),),
    "BR-FR-18": (("attachment", "BT-123", "LISIBLE"), "+attachment"),
    "BR-FR-20": (("B2B<", "QUI<"),),
    "BR-FR-21": (("buyer", "BT-49", "999_A"),),
    "BR-FR-22": (("document", "BT-3", "389"), ("seller", "BT-34-1", "0088")),
    "BR-FR-23": (("seller", "BT-34", "111111111 A"),),
    "BR-FR-24": ((PRIVATE, 'schemeID="0224">a b'),),
    "BR-FR-25": (("seller", "BT-34", "1" * 126),),
    "BR-FR-26": ((PRIVATE, f'schemeID="0224">{"1" * 101}'),),
    "BR-FR-31": (("Indemnité forfaitaire de 40 euros.", "B2C"), ("PMT", "BAR")),
    "BR-FR-32": (("seller", "BT-30", "123"),),
    "BR-FR-CO-03": (("document", "BT-3", "262"), ("document", "BT-12", None)),
    "BR-FR-CO-04": (("document", "BT-3", "384"), "+preceding"),
    "BR-FR-CO-05": (("document", "BT-3", "381"), ("preceding", "BT-26", None)),
    "BR-FR-CO-07": (("document", "BT-9", "20260930"),),
    "BR-FR-CO-08": (("document", "BT-3", "386"), ("document", "BT-23", "S4")),
    "BR-FR-CO-09": (("document", "BT-23", "S2"),),
    "BR-FR-CO-10": ((f" {PRIVATE}", ">11111111100017"),),
    "BR-FR-CO-12": (("document", "BT-5", "USD"),),
    "BR-FR-CO-14": ((PRIVATE, 'schemeID="0231">111111111'),),
    "BR-FR-CO-15": ((PRIVATE, 'schemeID="0231">111111111'), ("representative", "BT-63", None)),
    "BR-FR-DEC-01": (("totals", "BT-113", "0.001"),),
    "BR-FR-DEC-02": (("line", "BT-129", "1.00001"),),
    "BR-FR-DEC-03": (("line", "BT-146", "1.0000001"),),
    "BR-FR-DEC-04": (("line", "BT-152", "20.001"),),
}
# How an invoice of each VAT family is made, and a rate that its rules refuse.
FAMILIES = {
    "S": ({}, "0"),
    "Z": ({"category": "Z", "rate": "0.00", "vat": "0.00"}, "5"),
    "E": ({"category": "E", "rate": "0.00", "vat": "0.00", "reason": "Exonéré"}, "5"),
    "AE": ({"category": "AE", "rate": "0.00", "vat": "0.00", "reason": "Autoliquidation"}, "5"),
    "IC": ({"category": "K", "rate": "0.00", "vat": "0.00", "reason": "Art. 262 ter"}, "5"),
    "G": ({"category": "G", "rate": "0.00", "vat": "0.00", "reason": "Exportation"}, "5"),
    "O": ({"category": "O", "rate": "", "vat": "0.00", "reason": "Hors champ", "numbered": False}, "+0"),
    "AF": ({"category": "L", "rate": "7.00", "vat": "6.65"}, "-1"),
    "AG": ({"category": "M", "rate": "4.00", "vat": "3.80"}, "-1"),
}
OF_FAMILIES = [one.id for one in rules().values() if one.id.split("-")[1] in FAMILIES]
OTHERS = [number for number in rules() if number not in OF_FAMILIES]


@cache
def good(syntax: str) -> bytes:
    return invoice(syntax)


def edited(content: bytes, edits: tuple[Edit, ...]) -> Node:
    """The tree of an invoice with everything done to it."""
    text = content.decode()
    for edit in edits:
        if len(edit) == 2 and not isinstance(edit, str):
            assert edit[0] in text
            text = text.replace(edit[0], str(edit[1]), 1)
    root = tree(text.encode())
    for edit in edits:
        if isinstance(edit, str):
            (drop if edit[0] == "-" else double)(root, edit[1:])
        elif len(edit) == 3 and (edit[2] or "").startswith("+"):
            add(root, edit[0], edit[1], str(edit[2])[1:])
        elif len(edit) == 3:
            spoil(root, *edit)
    return root


def spoiling(rule: Rule) -> tuple[Edit, ...]:
    """What breaks a rule: of the shared kinds, as the rule says itself."""
    if rule.id in SPOILT:
        return SPOILT[rule.id]
    if rule.hint == "decimals":
        return ((rule.group, rule.terms[0], "1.005"),)
    if rule.hint == "code":
        return ((rule.group, rule.terms[0], "ZZZZ"),)
    return tuple((rule.group, term, None) for term in rule.terms)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_good_invoice_breaks_nothing_and_has_every_group(syntax: str) -> None:
    view = seen(tree(good(syntax)))
    assert sets_for(view) == {"en16931", "fr"}
    assert evaluate(view) == []
    assert all(view.all(kind) for kind in kinds())


@pytest.mark.parametrize("number", OTHERS)
def test_a_spoilt_invoice_breaks_its_rule(number: str) -> None:
    rule = rules()[number]
    for syntax in SYNTAXES:
        found = list(broken(rule, seen(edited(good(syntax), spoiling(rule)))))
        assert found, syntax
        assert_told(rule, syntax, found)


@pytest.mark.parametrize("number", OF_FAMILIES)
def test_families(number: str) -> None:
    _, family, place = number.split("-")
    made, bad_rate = FAMILIES[family]
    rule = rules()[number]
    for syntax in SYNTAXES:
        whole = invoice(syntax, **made)  # type: ignore[arg-type]
        assert list(broken(rule, seen(tree(whole)))) == []
        found = list(broken(rule, seen(spoilt_of_family(syntax, family, place, made, bad_rate))))
        assert found, syntax
        assert_told(rule, syntax, found)


def spoilt_of_family(syntax: str, family: str, place: str, made: dict[str, object], bad_rate: str) -> Node:
    root = tree(invoice(syntax, **made))  # type: ignore[arg-type]
    rates = {"05": ("line", "BT-152"), "06": ("allowance", "BT-96"), "07": ("charge", "BT-103")}
    others = {"12": ("line", "BT-151"), "13": ("allowance", "BT-95"), "14": ("charge", "BT-102")}
    if place == "01":
        spoil(root, "tax", "BT-118", "Q")
    elif place in ("02", "03", "04") and family == "O":
        root = tree(invoice(syntax, **{**made, "numbered": True}))  # type: ignore[arg-type]
    elif place in ("02", "03", "04"):
        root = tree(invoice(syntax, **{**made, "numbered": False}))  # type: ignore[arg-type]
    elif place in rates and bad_rate.startswith("+"):
        add(root, *rates[place], bad_rate[1:])
    elif place in rates:
        spoil(root, *rates[place], bad_rate)
    elif place in ("08", "09"):
        spoil(root, "tax", "BT-116" if place == "08" else "BT-117", "500.00")
    elif place == "10":
        reason = "" if made.get("reason") else "Exonéré"
        root = tree(invoice(syntax, **{**made, "reason": reason}))  # type: ignore[arg-type]
    elif (family, place) == ("IC", "11"):
        spoil(root, "document", "BT-72", None)
        drop(root, "period")
    elif (family, place) == ("IC", "12"):
        spoil(root, "delivery_address", "BT-80", None)
    elif place == "11":
        double(root, "tax")
        spoil(root, "tax", "BT-118", "S")
    else:
        spoil(root, *others[place], "S")
    return root


def assert_told(rule: Rule, syntax: str, found: list[object]) -> None:
    """The problem says where, in both languages, with every value filled in, as gravely as the standard."""
    assert syntax
    for language in LANGUAGES:
        told = problem_of(found[0], language)  # type: ignore[arg-type]
        assert told.code == rule.id
        assert told.line
        assert told.severity is (Severity.WARNING if rule.grade == "warning" else Severity.ERROR)
        assert not any(mark in told.message for mark in ("{", "}", "?", "  ")), told.message
        assert told.message.endswith(".")
        assert told.in_language("en").message == problem_of(found[0], "en").message  # type: ignore[arg-type]


def test_every_rule_has_words_in_both_languages() -> None:
    for rule in rules().values():
        assert {language for variant, language in rule.texts if not variant} == set(LANGUAGES)
        assert all((variant, other) in rule.texts for variant, _ in rule.texts for other in LANGUAGES)
        assert set(shared_words()["hint"][rule.hint]) == set(LANGUAGES)
        assert all(set(names()[term]) == set(LANGUAGES) for term in rule.terms)
        assert rule.set in EDITIONS
    french = " ".join(
        text for rule in rules().values() for (_, language), text in rule.texts.items() if language == "fr"
    )
    assert not re.search(r" [:;?!%»]|« ", french)


def test_the_smaller_and_larger_profiles_are_asked_for_less() -> None:
    asked = {
        level: [one.id for one in rules().values() if one.set == "en16931" and one.holds_at(level)]
        for level in ("minimum", "basicwl", "full", "extended")
    }  # fmt: skip
    counts = {level: len(numbers) for level, numbers in asked.items()}
    assert counts["minimum"] < counts["basicwl"] < counts["full"] == 208
    assert "BR-16" not in asked["basicwl"]
    assert "BR-CO-10" not in asked["extended"]
    factur_x = invoice(profile="urn:factur-x.eu:1p0:minimum", french=False)
    assert evaluate(seen(edited(factur_x, ("-line",)))) == []


CONSUMER: tuple[Edit, ...] = tuple(("buyer", term, None) for term in ("BT-46", "BT-47", "BT-48", "BT-49"))


@pytest.mark.parametrize(
    "edits",
    [(("seller", "BT-40", "DE"),), (("document", "BT-2", "20260831"),), CONSUMER],
    ids=["abroad", "early", "b2c"],
)
def test_french_rules_are_for_french_invoices_of_the_reform(edits: tuple[Edit, ...]) -> None:
    assert sets_for(seen(edited(good("cii"), edits))) == {"en16931"}


def test_a_figure_beyond_all_measure_is_no_trouble() -> None:
    huge = "9" * 18 + "." + "9" * 12
    root = edited(good("cii"), (("tax", "BT-116", huge), ("tax", "BT-119", huge), ("tax", "BT-117", "-" + huge)))
    assert {"BR-S-09", "BR-CO-17"} <= {one.rule for one in evaluate(seen(root))}


def test_hostile_values_are_shown_harmlessly() -> None:
    root = edited(good("cii"), (("buyer", "BT-55", "{0.__class__}\x1b[31m" + "x" * 500),))
    told = [problem_of(one, "fr") for one in evaluate(seen(root)) if one.rule == "BR-CL-14"]
    assert "{0.__class__}" in told[0].message
    assert "\x1b" not in told[0].message
    assert len(told[0].message) < 300


def test_other_documents_have_no_rules() -> None:
    assert view_of(tree(b"<Invoice xmlns='urn:other'/>")) is None
    assert view_of(tree(b"<CrossIndustryDocument xmlns='urn:ferd:CrossIndustryDocument:invoice:1p0'/>")) is None


def test_public_samples_meant_to_be_good_break_no_grave_rule() -> None:
    for path in (one for one in GOOD if one.suffix == ".xml"):
        view = view_of(tree(path.read_bytes()))
        if view is not None:
            grave = {one.rule for one in evaluate(view) if rules()[one.rule].grade == "fatal"}
            assert grave == set(), path.name


def test_the_list_in_the_documentation_is_the_table() -> None:
    text = rules_list.DOCUMENT.read_text(encoding="utf-8")
    assert f"{rules_list.BEGIN}\n\n{rules_list.written()}\n\n{rules_list.END}" in text


# ------------------------------------------------------------------------------------------------ official rule files


@pytest.mark.parametrize(
    ("number", "ours"),
    [
        ("BR-FR-03_BT-9", "BR-FR-03"),
        ("BR-FR-32-LEGALID", "BR-FR-32"),
        ("BR-FR-CO-04_BT-4", "BR-FR-CO-04"),
        ("BR-S-08", "BR-S-08"),
    ],
)
def test_numbers_of_official_files_lead_to_our_rules(number: str, ours: str) -> None:
    rule = rule_of(number)
    assert rule is not None
    assert rule.id == ours
    assert rule_of("UBL-CR-001") is None


def test_a_document_is_written_anew_for_the_engine_and_found_again_by_its_lines() -> None:
    root = tree(good("cii"))
    again = tree(official.written(root).encode())
    assert texts(again) == texts(root)
    namespace = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
    place = f"[namespace-uri()='{namespace}']"
    parts = ("CrossIndustryInvoice", "SupplyChainTradeTransaction", "IncludedSupplyChainTradeLineItem")
    location = "".join(f"/*:{name}{place}[{count}]" for name, count in zip(parts, (1, 1, 2), strict=True))
    assert official.line_of(root, location) == seen(root).all("line")[1].line
    assert official.line_of(root, "/nonsense[") == root.line


def texts(node: Node) -> list[object]:
    return [node.namespace, node.name, dict(node.attributes), node.text, [texts(child) for child in node.children]]


def test_rule_files_are_known_by_their_content(tmp_path: Path) -> None:
    marks = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100 svrl"
    for name, content in (("EN-CII.xslt", marks), ("FR-CII.xslt", f"{marks} BR-FR-01"), ("other.xslt", "nothing")):
        (tmp_path / name).write_text(content)
    (tmp_path / "basicwl").mkdir()
    (tmp_path / "basicwl" / "rules.xsl").write_text(marks)
    paths = official.in_folder(tmp_path)
    assert len(paths) == 4
    view = seen(tree(good("cii")))
    assert [one.path.name for one in official.files_for(view, paths, french=False)] == ["EN-CII.xslt"]
    assert [one.path.name for one in official.files_for(view, paths, french=True)] == ["EN-CII.xslt", "FR-CII.xslt"]
    lineless = seen(tree(invoice(profile="urn:factur-x.eu:1p0:basicwl")))
    assert [one.path.name for one in official.files_for(lineless, paths, french=False)] == ["rules.xsl"]
    assert official.files_for(seen(tree(good("ubl"))), paths, french=True) == []
