"""Strategy files: what is accepted, what is refused and how it is said, and the strategies that come along."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.engine.phrases import phrases
from encaisse.engine.strategy import Strategy, bundled, bundled_names, bundled_text, load_strategies, load_strategy


def _codes(steps: str) -> list[tuple[str, int | None]]:
    strategy, problems = load_strategy(f"name: tried\nsteps:\n{steps}")
    assert (strategy is None) == bool(problems)
    for problem in problems:
        assert all(problem.texts(language)[part] for language in ("fr", "en") for part in (0, 1))
        assert "{" not in problem.message.replace("{key", "")
    return [(problem.code, problem.line) for problem in problems]


def test_defaults() -> None:
    strategy, problems = load_strategy(
        "- {name: mail, days: 2}\n- {name: call, days: 9}\n- {name: notice, days: 30}", "mine"
    )
    assert not problems
    assert strategy is not None
    mail, call, notice = strategy.steps
    assert (mail.origin, mail.gap, mail.scope, mail.channels, mail.approval) == (
        "due",
        0,
        "overdue",
        ("email",),
        "auto",
    )
    assert call.channels == ("phone",)
    assert (notice.approval, notice.template) == ("review", "notice")
    assert (strategy.name, strategy.version) == ("mine", 1)


def test_everything_a_step_may_say() -> None:
    text = """
    - {name: x, from: issue, days: 3, gap: 2, scope: eligible, channels: [letter, email], tone: firm, template: t,
       approval: review, attach: [statement, invoices], least: '1 250,50', min_age: 4, min_count: 2, kinds: [public],
       profiles: [evasive], tags: vip, channel: email, label: {fr: Un, en: One}}
    """
    strategy, problems = load_strategy(text, "s")
    assert not problems
    assert strategy is not None
    step = strategy.steps[0]
    assert (step.least, step.kinds, step.tags, step.label("fr")) == (125_050, ("public",), ("vip",), "Un")
    assert step.courtesy


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ("- {name: a, days: 2, when: now}", ("unknown_key", 3)),
        ("- {name: a}", ("missing_key", 3)),
        ("- {days: 2}", ("missing_key", 3)),
        ("- {name: a, days: soon}", ("not_a_number", 3)),
        ("- {name: a, days: 2}\n- {name: a, days: 3}", ("step_twice", 4)),
        ("- {name: a, days: 5}\n- {name: b, days: 5}", ("ladder_falls", 4)),
        ("- {name: a, days: 5}\n- {name: b, days: 4}", ("ladder_falls", 4)),
        ("- {name: notice, days: 5, approval: auto}", ("notice_needs_review", 3)),
        ("- {name: last, days: 5, template: notice-consumer}", ("notice_needs_review", 3)),
        ("- {name: a, days: 5, least: lots}", ("not_an_amount", 3)),
        ("- {name: a, days: 5, channels: [pigeon]}", ("not_a_choice", 3)),
        ("- {name: a, from: birth, days: 5}", ("not_a_choice", 3)),
        ("- {name: a, from: issue, days: -5}", ("not_a_number", 3)),
        ("- {name: [a], days: 5}", ("not_a_text", 3)),
        ("- a", ("not_a_mapping", 3)),
        ("  a: 1", ("not_a_list", 2)),
        ("- {name: a, days: 1, days: 2}", ("twice", 3)),
    ],
)
def test_what_is_wrong_is_said_with_its_line(steps: str, code: tuple[str, int]) -> None:
    assert code in _codes(steps)


def test_no_step_at_all() -> None:
    assert ("no_steps", 1) in _codes("")


def test_several_strategies_keep_the_good_ones() -> None:
    found, problems = load_strategies("good:\n- {name: a, days: 1}\nbad:\n- {name: b}\n")
    assert list(found) == ["good"]
    assert problems[0].code == "missing_key"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 5000,
        "- " * 5000,
        "a: &a [*a]",
        "\x00",
        "key: 'open",
        "a: b: c",
        "2026-02-30",
        "? {a: 1}\n: 2",
        "!!python/object:os.system x",
    ],
)
def test_odd_texts_give_problems(text: str) -> None:
    strategy, problems = load_strategy(text, "odd")
    assert strategy is None
    assert problems
    assert all(problem.message and problem.hint for problem in problems)


@given(st.text(st.sampled_from("-{}[]:,'\"&*!?|>#% \n\tabn019.xé"), max_size=80))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    for loaded in (load_strategy(text, "odd"), load_strategies(text)):
        assert all(problem.texts("fr") for problem in loaded[1])


@pytest.mark.parametrize("name", bundled_names())
def test_bundled_strategies_are_sound(name: str) -> None:
    strategy = bundled(name)
    assert strategy.name == name
    for language in ("fr", "en"):
        assert strategy.label(language)
        assert strategy.description(language)
        known = phrases(language)["steps"]
        assert all(step.name in known for step in strategy.steps)
    notice = strategy.steps[-1]
    assert (notice.name, notice.approval, notice.scope, notice.tone) == ("notice", "review", "eligible", "formal")


def test_bundled_standard_follows_the_default_calendar() -> None:
    calendar = {step.name: (step.origin, step.days, step.gap, step.least) for step in bundled("standard").steps}
    assert calendar == {
        "receipt-check": ("issue", 8, 0, 50_000),
        "pre-due": ("due", -5, 0, 0),
        "mail": ("due", 2, 0, 0),
        "call": ("due", 9, 5, 30_000),
        "firm": ("due", 16, 7, 0),
        "manager-call": ("due", 23, 7, 100_000),
        "notice": ("due", 30, 7, 0),
    }
    assert bundled("standard").steps[4].attach == ("statement",)


def test_consumers_get_texts_of_their_own() -> None:
    assert all(step.template.endswith("-consumer") for step in bundled("consumer").steps)
    assert all(step.template.endswith("-public") for step in bundled("public-body").steps)


def test_no_bundled_strategy_of_that_name() -> None:
    with pytest.raises(KeyError, match="courteous"):
        bundled("brutal")


def test_the_digest_follows_the_content_and_not_the_version() -> None:
    text = bundled_text("standard")
    same, _ = load_strategy(text.replace("version: 1", "version: 2"))
    other, _ = load_strategy(text.replace("days: 9", "days: 10"))
    assert isinstance(same, Strategy)
    assert isinstance(other, Strategy)
    assert (same.version, same.digest) == (2, bundled("standard").digest)
    assert other.digest != same.digest
    assert len(same.digest) == 64
