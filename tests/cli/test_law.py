"""`encaisse law …`: exact JSON, readable answers, errors that say what to do; no installation anywhere."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from typer.main import get_command

from encaisse.cli import words

words.settle("en")

VECTORS = Path(__file__).parent.parent / "law" / "vectors.yaml"


def owed(regime: str, amount: str, due: str, on: str) -> tuple[str, ...]:
    """The options that every question about interest has."""
    return ("--regime", regime, "--amount", amount, "--due", due, "--on", on)


V09 = owed("fr-b2b", "6000.00", "2026-01-31", "2026-09-30")
LEAP = owed("fr-b2b", "8000", "2024-01-31", "2024-04-30")
CREDITED = owed("fr-b2b", "3000", "2026-03-31", "2026-06-30")
AGREED = owed("fr-b2b", "4000", "2026-02-28", "2026-05-29")
PAID = ("--paid", "2026-04-01=2500")
ECB_10 = "Late-payment penalty between professionals (ECB + 10 points), C. com. L441-10 II"


@pytest.fixture(autouse=True)
def _no_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is installed where these questions are asked, but for the tests that install something."""
    monkeypatch.setenv("ENCAISSE_HOME", str(tmp_path / "nowhere"))
    monkeypatch.delenv("DATABASE_URL", raising=False)


@cache
def program() -> Any:
    """The command `law`, made once: typer builds a program anew each time it is invoked."""
    from encaisse.cli.commands.law import law

    return get_command(law)


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(program(), list(arguments), input=text)


def seen(result: Result) -> str:
    """What a reader sees, no-break spaces as spaces."""
    return result.stdout.replace("\N{NO-BREAK SPACE}", " ")


def ask(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return " ".join(result.stderr.split())


def test_interest_as_other_programs_read_it() -> None:
    assert ask("interest", *V09, *PAID, "--imputation", "interest-first") == {
        "interest": "221.58",
        "indemnity": "40.00",
        "days": 242,
        "total": "3881.42",
        "segments": [
            {
                "from": "2026-02-01",
                "to": "2026-04-01",
                "days": 60,
                "rate": "12.15",
                "base": "6000.00",
                "interest": "119.835616",
                "source": ECB_10,
            },
            {
                "from": "2026-04-02",
                "to": "2026-06-30",
                "days": 90,
                "rate": "12.15",
                "base": "3619.84",
                "interest": "108.446439",
                "source": ECB_10,
            },
            {
                "from": "2026-07-01",
                "to": "2026-09-30",
                "days": 92,
                "rate": "12.40",
                "base": "3619.84",
                "interest": "113.137355",
                "source": ECB_10,
            },
        ],
        "warnings": [],
    }


def test_nothing_is_owed_on_the_due_date() -> None:
    arguments = ("--regime", "fr-b2b", "--amount", "1500", "--due", "2026-03-31", "--on", "2026-03-31")
    assert ask("interest", *arguments) == {
        "interest": "0.00",
        "indemnity": "0.00",
        "days": 0,
        "total": "1500.00",
        "segments": [],
        "warnings": [],
    }


# Options beside those of a plain French delay, and the interest they lead to.
OPTIONS: list[tuple[tuple[str, ...], str, str]] = [
    (V09, "--paid 2026-04-01=2500", "334.09"),
    (V09, "--paid 2026-04-01=2500 --imputation principal_first", "334.09"),
    (V09, "--paid 2026-04-01=1000 --paid 2026-04-01=1500,00€", "334.09"),
    (LEAP, "", "286.03"),
    (LEAP, "--day-count actual/actual", "285.25"),
    (CREDITED, "--credit 2026-05-10=800", "66.64"),
    (CREDITED, "--credit 2026-05-10=800 --credit-effect date", "77.29"),
    (AGREED, "--rate 5,00", "49.32"),
    (AGREED, "--rate 5% --below-floor floor", "77.52"),
    (AGREED, "--rate 5 --below-floor default", "119.84"),
    (owed("fr-b2c", "1500", "2026-02-01", "2026-08-31"), "--notice 2026-03-10", "19.07"),
    (owed("fr-b2b", "10000", "2024-11-21", "2026-11-21"), "--rate 12 --capitalise", "2544.00"),
    (owed("UK", "£12,000.00", "01/09/2025", "08/10/2026"), "", "1619.01"),
]


@pytest.mark.parametrize(("debt", "options", "interest"), OPTIONS)
def test_interest_with_options(debt: tuple[str, ...], options: str, interest: str) -> None:
    assert ask("interest", *debt, *options.split())["interest"] == interest


def test_a_contract_rate_below_the_floor_is_a_warning() -> None:
    arguments = ("--regime", "fr-b2b", "--amount", "4000", "--due", "2026-02-28", "--on", "2026-05-29", "--rate", "5")
    (warning,) = ask("interest", *arguments)["warnings"]
    assert warning.startswith("contract_rate_below_floor: ")
    assert "7.86 %" in warning
    assert "7.86 %" in run("interest", *arguments).stdout


def test_interest_as_people_read_it() -> None:
    out = run("interest", *V09, *PAID, "--imputation", "interest_first").stdout
    for words_ in (
        "France, between professionals",
        "12.15 %",
        "€3,619.84",
        "Interest, 242 days",
        "€221.58",
        "€3,881.42",
    ):
        assert words_ in out


def test_a_fixed_sum_in_another_currency_stays_apart() -> None:
    sheet = ask("interest", "--regime", "fr-b2b", "--amount", "1000 USD", "--due", "2026-01-01", "--on", "2026-01-31")
    assert (sheet["indemnity"], sheet["total"]) == ("40.00", "1009.99")
    assert sheet["warnings"][0].startswith("fixed_sum_apart: ")


# What is wrong, and words that the answer must hold: what it is, and what to do.
MISUSES: list[tuple[tuple[str, ...], str, tuple[str, ...]]] = [
    (owed("fr-b2", "1", "2026-01-31", "2026-09-30"), "", ("“fr-b2” is not known", "Known: fr-b2b, fr-b2c")),
    (V09, "--rate twelve", ("“twelve” is not a rate", "like 8.25")),
    (V09, "--rate -1", ("is not a rate", "zero or more")),
    (V09, "--rate 8.12345", ("four decimals",)),
    (owed("fr-b2b", "1", "2026-10-01", "2026-09-30"), "", ("after 2026-09-30", "later --on")),
    (owed("fr-b2b", "-5", "2026-01-31", "2026-09-30"), "", ("below zero", "--credit")),
    (owed("fr-b2b", "1.5.5", "2026-01-31", "2026-09-30"), "", ("not an amount", "1234.56")),
    (owed("fr-b2b", "5 USD", "2026-01-31", "2026-09-30"), "--paid 2026-02-02=5EUR", ("currencies differ",)),
    (owed("fr-b2b", "5 USD", "2026-01-31", "2026-09-30"), "--currency EUR", ("--currency", "currencies differ")),
    (
        owed("fr-b2b", "5", "2026-12-01", "2027-01-15"),
        "",
        ("not known on 2027-01-01", "known to 2026-12-31", "--on 2026-12-31", "add-rate"),
    ),
    (V09, "--paid 2026-04-01", ("a day and an amount", "2026-04-01=2500")),
    (V09, "--paid soon=3", ("“soon” is not a date",)),
    (V09, "--imputation mine", ("principal_first, interest_first",)),
    (V09, "--day-count 360", ("fixed_365, actual_actual",)),
]


@pytest.mark.parametrize(("debt", "options", "said"), MISUSES)
def test_misuse_is_named_with_what_to_do(debt: tuple[str, ...], options: str, said: tuple[str, ...]) -> None:
    told = refused("interest", *debt, *options.split())
    for part in said:
        assert part in told


def test_every_given_vector() -> None:
    result = run("vectors", str(VECTORS))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "ok  V01  Simple delay inside one semester"
    assert lines[-1] == "34 of 34 vectors come out as expected."
    assert sum("(published example)" in line for line in lines) == 3


def test_a_vector_that_differs(tmp_path: Path) -> None:
    text = VECTORS.read_text(encoding="utf-8").replace("interest: '203.84'", "interest: '203.85'")
    (tmp_path / "mine.yaml").write_text(text.replace("rate: '12.40'", "rate: '12.41'", 1), encoding="utf-8")
    result = run("vectors", str(tmp_path / "mine.yaml"))
    assert result.exit_code == 1
    assert "differs  V02  Delay across one rate change" in result.stdout
    assert "    interest: expected 203.85, got 203.84" in result.stdout
    assert "    segment 2026-07-01 to 2026-11-21: expected 144 days, 12.41 %" in result.stdout
    told = json.loads(run("vectors", str(tmp_path / "mine.yaml"), "--json").stdout)
    assert told["ok"] is False
    assert [one["id"] for one in told["vectors"] if not one["ok"]] == ["V02", "V03"]


@pytest.mark.parametrize(("text", "said"), [("vectors: 3", "a list of vectors"), ("{", "not readable")])
def test_a_file_of_vectors_that_cannot_be_read(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    assert said in refused("vectors", str(tmp_path / "mine.yaml"))
    assert "There is no file" in refused("vectors", str(tmp_path / "none.yaml"))


def test_regimes() -> None:
    listed = ask("regimes")["regimes"]
    assert {"fr-b2b", "fr-judgment", "de-b2c", "uk"} <= {one["regime"] for one in listed}
    assert all(one["reference"] and one["confidence"] for one in listed)
    (german,) = ask("regimes", "de-b2c")["regimes"]
    assert german["reference"].startswith("BGB")
    assert "Interest starts" in run("regimes", "uk").stdout


def test_due() -> None:
    found = ask("due", "--issued", "2026-02-15", "--terms", "45 jours fin de mois")
    assert (found["due"], found["end_of_month_then_days"]) == ("2026-04-30", "2026-04-14")
    assert found["warnings"] == []
    assert ask("due", "--issued", "2026-02-15")["due"] == "2026-03-17"
    assert (
        ask("due", "--issued", "2026-02-20", "--delivered", "2026-02-12", "--terms", "30", "--decade")["due"]
        == "2026-03-22"
    )
    (long,) = ask("due", "--issued", "2026-02-15", "--terms", "90 days")["warnings"]
    assert (long["code"], long["allowed_until"]) == ("term_too_long", "2026-04-16")
    assert "L441-10" in run("due", "--issued", "2026-02-15", "--terms", "90 days").stdout
    assert "30 days" in refused("due", "--issued", "2026-02-15", "--terms", "some day")


def test_deadline() -> None:
    found = ask("deadline", "insolvency_proof", "--from", "2026-10-20")
    assert (found["raw_end"], found["weekday"], found["deadline"]) == ("2026-12-20", "Sunday", "2026-12-21")
    assert ask("deadline", "--from", "2026-08-31", "--months", "6")["deadline"] == "2027-03-01"
    assert {"order_service", "insolvency_proof"} <= {one["deadline"] for one in ask("deadline")["deadlines"]}
    assert "Monday 21 December 2026" in seen(run("deadline", "insolvency_proof", "--from", "2026-10-20"))
    assert "--from" in refused("deadline", "insolvency_proof")
    assert "Did you mean insolvency_proof?" in refused("deadline", "insolvency_prof", "--from", "2026-10-20")
    assert "has its own length" in refused("deadline", "insolvency_proof", "--from", "2026-10-20", "--days", "3")


def test_limitation() -> None:
    given = ("limitation", "--kind", "b2b", "--due", "2021-11-21", "--on", "2026-11-01")
    assert ask(*given)["deadline"] == "2026-11-21"
    told = ask(*given, "--event", "formal_notice=2026-01-05", "--event", "part_payment=2026-02-01")
    assert (told["deadline"], [step["effect"] for step in told["steps"]]) == ("2031-02-01", ["nothing", "interrupts"])
    assert ask("limitation", "--regime", "fr-b2c", "--due", "2025-06-15")["deadline"] == "2027-06-15"
    assert "Barred after 21 November 2026" in seen(run(*given))
    assert {"b2b", "consumer"} <= {one["kind"] for one in ask("limitation", "--list")["kinds"]}
    assert "--kind" in refused("limitation", "--due", "2025-06-15")
    assert "part_payment=2026-04-01" in refused(*given, "--event", "part_payment")


def test_a_floor_that_is_not_sure_says_so() -> None:
    given = ("interest", "--regime", "fr-b2b", "--amount", "4000", "--rate", "5")
    known = ask(*given, "--due", "2026-02-28", "--on", "2026-05-29")["warnings"]
    assert [one.partition(":")[0] for one in known] == ["contract_rate_below_floor"]
    doubtful = ask(*given, "--due", "2026-08-28", "--on", "2026-10-29")["warnings"]
    assert "floor_not_sure: How sure the legal floor is: probable." in doubtful


def test_routes() -> None:
    given = (
        "routes",
        "--amount",
        "3000",
        "--due",
        "2026-03-31",
        "--postcode",
        "69001",
        "--town",
        "Lyon",
        "--on",
        "2026-11-21",
    )
    found = ask(*given, "--fact", "contested=no", "--fact", "invoiced=yes")
    assert found["court"]["code"] == "economic"
    verdicts = {one["id"]: one["verdict"] for one in found["routes"]}
    assert (verdicts["order_for_payment"], verdicts["l126"], verdicts["conciliator"]) == (
        "allowed",
        "pending",
        "not_allowed",
    )
    out = run(*given, "--route", "l126").stdout
    assert "law not yet applicable" in out
    assert "CPCE L126-1" in out
    # A range of costs nobody has checked says so, though the route itself is sure.
    assert "€93.80 – €111.40 (to be verified)" in seen(run(*given, "--route", "order_for_payment"))
    assert "answered by yes or no" in refused(*given, "--fact", "contested=perhaps")
    assert "insolvency_published_on" in run(*given, "--facts").stdout


def test_wording() -> None:
    result = run("wording", "-", "--text-lang", "fr", "--json", text="Dernier avis avant saisie")
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)["findings"]
    assert (found["kind"], found["phrase"]) == ("forbidden", "avis avant saisie")
    assert found["article"].startswith("C. pén. 433-13")
    clean = run("wording", "-", "--text-lang", "en", text="Please pay invoice 12.")
    assert (clean.exit_code, clean.stdout.startswith("Nothing forbidden")) == (0, True)


def test_mentions() -> None:
    arguments = (
        "vat_recovery_duplicate",
        "--text-lang",
        "fr",
        "--on",
        "2026-11-21",
        "--fact",
        "net=1000",
        "--fact",
        "vat=200",
    )
    (found,) = ask("mentions", *arguments)["mentions"]
    assert "1 000,00 euros" in found["text"].replace("\N{NO-BREAK SPACE}", " ")
    assert found["missing"] == []
    assert "--facts" not in refused("mentions", "invoice", "--fact", "colour=blue")


def test_may() -> None:
    result = run("may", "charge_indemnity", "--customer", "consumer", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["yes"], told["code"]) == (False, "consumer")
    assert "D441-5" in told["article"]
    assert told["instead"]
    assert ask("may", "charge_indemnity", "--customer", "company", "--fact", "due_on=2026-01-31")["yes"] is True
    late = ("may", "contact_phone", "--customer", "consumer", "--at")
    assert json.loads(run(*late, "2026-11-20T20:30", "--json").stdout)["code"] == "quiet_hour"
    assert run(*late, "2026-11-20T10:30", "--fact", "region=FR-974").exit_code == 0
    assert json.loads(run(*late, "2026-11-22T10:30", "--json").stdout)["code"] == "sunday"
    shown = run("may", "publish_name").stdout
    assert shown.startswith("No. ")
    assert "Instead" in shown
    assert {"charge_indemnity", "contact_phone"} <= {one["act"] for one in ask("may")["acts"]}
    assert {"consent", "notice_on"} <= {one["name"] for one in ask("may", "--facts")["facts"]}
    assert "Known:" in refused("may", "shout")
    assert "yes or no" in refused("may", "contact_phone", "--fact", "consent=perhaps")
    assert "not a moment" in refused("may", "contact_phone", "--at", "10:30")


def test_choose() -> None:
    found = ask("choose", "--creditor", "company", "--customer", "consumer", "--customer-country", "DE")
    assert found["regime"] == "de-b2c"
    assert all(one["text"] for one in (*found["reasons"], *found["questions"]))
    assert run("choose").stdout.startswith("fr-b2b")


def test_rates() -> None:
    today = {one["series"]: one["value"] for one in ask("rates", "--regime", "fr-b2b", "--on", "2026-11-21")["rates"]}
    assert (today["fr_b2b_default_penalty"], today["fr_legal_interest_other"]) == ("12.40", "2.75")
    assert "12.40 %" in run("rates", "--on", "2026-11-21").stdout


def test_status() -> None:
    found = {one["series"]: one for one in ask("status", "--on", "2027-01-02")["series"]}
    assert found["fr_b2b_default_penalty"]["state"] == "ended"
    assert found["fr_b2b_default_penalty"]["add_to"] == "ecb_mro"
    assert "add-rate ecb_mro" in run("status", "--on", "2027-01-02").stdout


def test_every_command_has_help_and_json() -> None:
    for name in program().commands:
        result = run(name, "--help")
        assert result.exit_code == 0
        assert "--json" in result.stdout


def test_nothing_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENCAISSE_HOME", str(tmp_path / "none"))
    assert run("interest", *V09).exit_code == 0
    assert list(tmp_path.iterdir()) == []


LATE_2027 = owed("fr-b2b", "10000.00", "2026-12-31", "2027-01-30")
ECB_2027 = ("ecb_mro", "2.65", "--from", "2027-01-01", "--to", "2027-01-30", "--source", "ECB, read on 2 January 2027")


@pytest.fixture
def office(db: None, home: Path) -> None:
    """An installation with one creditor."""
    from typer.testing import CliRunner as Typers

    from encaisse.cli.commands import app

    assert Typers().invoke(app, ["init", "--name", "Atelier Témoin"]).exit_code == 0


@pytest.mark.usefixtures("office")
def test_a_rate_of_ones_own_is_used_and_marked() -> None:
    assert "2027-01-01" in refused("interest", *LATE_2027)
    trial = ask("add-rate", *ECB_2027, "--dry-run")
    assert trial["added"] is False
    carried = {one["series"]: one["value"] for one in trial["carries"]}
    assert carried["fr_b2b_default_penalty"] == "12.65"
    assert "2027-01-01" in refused("interest", *LATE_2027)
    added = ask("add-rate", *ECB_2027)
    assert (added["value"], added["added"]) == ("2.65", True)
    sheet = ask("interest", *LATE_2027)
    # 2.65 + 10 points: 10000 x 12.65 x 30 / 36500
    assert (sheet["interest"], sheet["segments"][0]["rate"]) == ("103.97", "12.65")
    assert "added by you" in sheet["segments"][0]["source"]
    today = {one["series"]: one for one in ask("rates", "--regime", "fr-b2b", "--on", "2027-01-15")["rates"]}
    assert today["fr_b2b_default_penalty"]["own"] is True
    states = {one["series"]: one for one in ask("status", "--on", "2027-01-15")["series"]}
    assert states["fr_b2b_default_penalty"]["own"] is True
    assert "your own" in run("rates", "--on", "2027-01-15").stdout


@pytest.mark.usefixtures("office")
def test_a_rate_of_ones_own_is_refused_in_words_and_taken_back() -> None:
    known = refused("add-rate", "ecb_mro", "2.40", "--from", "2026-07-01", "--to", "2026-07-31", "--reference", "x")
    assert "2.40" in known
    assert "not a rate" in refused("add-rate", "ecb_mro", "high", *ECB_2027[2:])
    assert "Did you mean ecb_mro?" in refused("add-rate", "ecb_mo", *ECB_2027[1:])
    assert ask("add-rate", *ECB_2027)["added"] is True
    (kept,) = ask("own-rates")["own_rates"]
    assert (kept["reference"], kept["added_by"]) == ("ECB, read on 2 January 2027", "cli")
    number = str(kept["id"])
    base = ask("add-rate", "de_base_rate", "1,77 %", "--source", "Bundesbank, 2 January 2027", "--dry-run")
    assert (base["from"], base["to"], base["value"]) == ("2027-01-01", "2027-06-30", "1.77")
    assert ask("withdraw-rate", number)["withdrawn"] is True
    assert ask("own-rates")["own_rates"] == []
    assert "2027-01-01" in refused("interest", *LATE_2027)
    assert "withdrawn" in refused("withdraw-rate", number)
    assert "own-rates" in refused("withdraw-rate", "999999")
