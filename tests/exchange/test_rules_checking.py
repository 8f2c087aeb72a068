"""The check of rules lives in a process of its own: what happens to that one is a problem record here."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from encaisse.exchange import safe_xml
from encaisse.exchange.inspecting import inspect_all
from encaisse.exchange.problems import Problem, Severity
from encaisse.exchange.rules import answering, official
from encaisse.exchange.rules.checking import Checker, rule_files
from tests.exchange.einvoice_samples import pdf, sample
from tests.exchange.rule_samples import invoice

BROKEN = invoice().replace(b"<ram:ID>F-2026-001</ram:ID>", b"<ram:ID></ram:ID>")
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    with Checker("fr") as one:
        yield one


def codes(problems: list[Problem]) -> list[str]:
    return [one.code for one in problems]


def test_a_good_invoice_has_no_problem(checker: Checker) -> None:
    assert checker.check(invoice()) == []
    assert checker.check(invoice("ubl")) == []


def test_a_broken_one_is_told_by_number_line_and_sentence(checker: Checker) -> None:
    (first, *_) = found = checker.check(BROKEN)
    assert codes(found) == ["BR-02", "BR-FR-02"]
    assert first.line == 1
    assert first.message == "Il manque le numéro de la facture (BT-1)."
    assert first.severity is Severity.ERROR
    assert first.in_language("en").message == "Missing: the invoice number (BT-1)."


def test_the_invoice_in_a_pdf_is_checked(checker: Checker) -> None:
    assert codes(checker.check(pdf(("factur-x.xml", BROKEN)))) == ["BR-02", "BR-FR-02"]


@pytest.mark.parametrize("data", [b"", b"\0" * 50, b"<a", b"%PDF-1.7", sample("pdf_plain.pdf")])
def test_what_cannot_be_read_is_left_to_its_reader(checker: Checker, data: bytes) -> None:
    assert checker.check(data) == []


def test_what_has_no_rules_is_said(checker: Checker) -> None:
    assert codes(checker.check(sample("IT01234567890_FPR01.xml"))) == ["rules_not_for_this"]


def test_an_archive_of_entities_is_not_opened(checker: Checker) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]><Invoice>&c;</Invoice>'
    assert checker.check(bomb) == []


def hostile(code: str, timeout: float = 20) -> Checker:
    return Checker("en", timeout=timeout, command=[sys.executable, "-S", "-c", code])


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os.abort()", "signal 6"),
        ("import sys; sys.exit(3)", "MemoryError"),
        ("import sys; sys.exit(7)", "exit 7"),
        ("import sys; sys.stdin.buffer.read(9); sys.stdout.write('x' * 100)", "Gone"),
    ],
)
def test_a_process_that_dies_is_a_problem_and_the_next_is_new(code: str, reason: str) -> None:
    with hostile(code) as checker:
        for _ in range(2):
            (problem,) = checker.check(b"<a/>")
            assert problem.code == "rules_failed"
            assert reason in problem.message
            assert problem.severity is Severity.WARNING


def test_a_process_that_hangs_is_stopped() -> None:
    with hostile("import time; time.sleep(60)", timeout=0.2) as checker:
        (problem,) = checker.check(b"x" * MIB)
        assert problem.code == "rules_timeout"
        assert "0.2 seconds" in problem.message


def test_where_official_files_fail_our_table_answers() -> None:
    command = [sys.executable, "-S", "-c", "import sys; sys.exit(7)"]
    with Checker("en", [Path("any.xslt")], command=command) as checker:
        assert codes(checker.check(BROKEN)) == ["rules_failed", "BR-02", "BR-FR-02"]


def test_memory_is_bounded() -> None:
    lines = b"<a>" * 90 + b"<b/>" * 200_000 + b"</a>" * 90
    with Checker("en", memory=48 * MIB) as checker:
        assert codes(checker.check(lines)) == ["rules_failed"]
        # The next document has a process of its own, and all its memory.
        assert checker.check(invoice()) == []


def test_the_process_has_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    code = (
        "import json, os, sys; sys.stdin.buffer.read(9);"
        "body = json.dumps({'not_for': ' '.join(os.environ)}).encode();"
        "sys.stdout.buffer.write(len(body).to_bytes(8, 'big') + body)"
    )
    with hostile(code) as checker:
        (problem,) = checker.check(b"x")
    assert "PATH" in problem.message
    assert "SECRET_KEY" not in problem.message


# ------------------------------------------------------------------------------------------------ official rule files


class _Engine:
    """Stands for Saxon: reports what the rule file, here a list, says."""

    def reports(self, file: official.RuleFile, root: safe_xml.Node) -> list[official.Report]:
        said = json.loads(file.path.read_text().partition("\n")[2])
        if isinstance(said, str):
            raise RuntimeError(said)
        return [official.Report(*one) for one in said]


def rule_file(folder: Path, said: object) -> Path:
    path = folder / "EN16931-CII.xslt"
    head = "svrl urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100 BR-02 BR-16 BR-99"
    path.write_text(f"{head}\n{json.dumps(said)}")
    official.known.cache_clear()
    return path


def answered(folder: Path, said: object, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[object]]:
    monkeypatch.setattr(answering, "_engine", _Engine)
    return answering.answer(BROKEN, [rule_file(folder, said)])


def test_an_official_file_decides_for_the_rules_it_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [("BR-16", "fatal", 3, "[BR-16]-An Invoice shall have a line."), ("BR-99", "warning", 4, "New.")]
    answer = answered(tmp_path, said, monkeypatch)
    # BR-02 is ours, and the file, which knows it, does not report it; BR-FR-02 it does not know.
    assert [one["rule"] for one in answer["findings"]] == ["BR-FR-02"]  # type: ignore[index]
    assert [one["rule"] for one in answer["reports"]] == ["BR-16", "BR-99"]  # type: ignore[index]


def test_where_it_agrees_our_sentence_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = answered(tmp_path, [("BR-02", "fatal", 3, "An Invoice shall have a number.")], monkeypatch)
    assert [one["rule"] for one in answer["findings"]] == ["BR-02", "BR-FR-02"]  # type: ignore[index]
    assert answer["reports"] == []


def test_a_rule_file_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = answered(tmp_path, "no template", monkeypatch)
    assert answer["unused"] == [("EN16931-CII.xslt", "RuntimeError: no template")]
    assert [one["rule"] for one in answer["findings"]] == ["BR-02", "BR-FR-02"]  # type: ignore[index]


def test_reports_become_problems_in_french_with_the_official_words() -> None:
    body = {
        "unused": [["a.xslt", "broken"]],
        "reports": [
            {"rule": "BR-16", "grade": "fatal", "line": 3, "text": "[BR-16]-An Invoice shall have a line."},
            {"rule": "UBL-CR-001", "grade": "warning", "line": 4, "text": "Not used."},
        ],
    }
    text = json.dumps(body)
    code = (
        f"import sys; body = {text!r}.encode(); sys.stdin.buffer.read(9);"
        "sys.stdout.buffer.write(len(body).to_bytes(8, 'big') + body)"
    )
    with Checker("fr", command=[sys.executable, "-S", "-c", code]) as checker:
        unused, ours, theirs = checker.check(b"x")
    assert (unused.code, unused.severity) == ("rules_file_unused", Severity.WARNING)
    assert ours.message == "Il manque la moindre ligne de facture (BG-25)."
    assert (theirs.code, theirs.severity, theirs.line) == ("UBL-CR-001", Severity.WARNING, 4)
    assert "«\N{NO-BREAK SPACE}Not used.\N{NO-BREAK SPACE}»" in theirs.message
    assert theirs.in_language("en").message == "Not used."


def test_without_an_engine_the_files_of_a_folder_are_told_to_be_unused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = rule_file(tmp_path, [])
    monkeypatch.setattr(official, "engine_is_there", lambda: False)
    assert rule_files(None) == []
    assert rule_files(tmp_path) == [path]

    def missing(_: str) -> None:
        raise ModuleNotFoundError("no engine")

    answering._engine.cache_clear()
    monkeypatch.setattr(official, "import_module", missing)
    assert answering.answer(BROKEN, [path])["unused"] == [("EN16931-CII.xslt", "ModuleNotFoundError: no engine")]


# --------------------------------------------------------------------------------------------------- the front door


def test_inspect_adds_rules_when_asked(tmp_path: Path, checker: Checker) -> None:
    path = tmp_path / "facture.xml"
    path.write_bytes(BROKEN)
    (plain,) = inspect_all(path)
    (asked,) = inspect_all(path, rules=checker.check)
    assert not [one for one in codes(list(plain.problems)) if one.startswith("BR-")]
    assert {"BR-02", "BR-FR-02"} <= set(codes(list(asked.problems)))
    assert {one["code"] for one in asked.as_json()["problems"]} >= {"BR-02"}
    assert os.access(path, os.R_OK)
