"""The template check finds what the content security policy or a translator would stumble over, and nothing else."""

from pathlib import Path

import pytest

from tools.templates import faults

GOOD = """{% load i18n static %}{% block page_class %} wide{% endblock %}
<script src="{% static 'app.js' %}" defer></script>
<p class="{% if late %}late{% endif %}">{% trans "Late" %} · {{ days }} – <kbd>Ctrl</kbd> IBAN
{% blocktrans trimmed %}
  Words in both languages
{% endblocktrans %}</p>
<img src="{{ picture }}" alt="{% trans 'Logo' %}"> <a href="https://www.example.org/">{{ name }}</a>
{# a remark #}{% comment %}Another{% endcomment %}
"""


def check(folder: Path, text: str, name: str = "page.html") -> list[str]:
    path = folder / name
    path.write_text(text)
    return [f"{line}: {fault}" for line, fault in faults(path)]


def test_a_good_page_passes(tmp_path: Path) -> None:
    assert check(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ("<script>alert(1)</script>", "a script inside the page"),
        ("<style>p{}</style>", "a style inside the page"),
        ("<p style='color: red'>", "a style attribute"),
        ("<p onclick='x()'>", "an event handler"),
        ("<p hx-on:click='x()'>", "an event handler"),
        ("<a href='javascript:x()'>1</a>", "a script inside an attribute"),
        ("<script src='https://cdn.example.org/x.js'></script>", "another machine"),
        ("<img src='/x.png'>", "an image without alt"),
        ("<p>Pay now</p>", "a text that is not translated: 'Pay now'"),
        ("<input placeholder='Search'>", "an attribute that is not translated"),
        ("<c-component label='Search' />", "an attribute that is not translated"),
        ("{{ note|safe }}", "printed without escaping"),
        ("{% autoescape off %}{% endautoescape %}", "printed without escaping"),
        ("<c-no-such-thing />", "no component no-such-thing"),
    ],
)
def test_each_rule_and_its_line(tmp_path: Path, markup: str, fault: str) -> None:
    found = check(tmp_path, f"{{% comment %}}\n{{% endcomment %}}\n{markup}\n")

    assert [told for told in found if told.startswith("3: ") and fault in told], found


def test_mails_carry_their_style(tmp_path: Path) -> None:
    assert check(tmp_path, "<style>p{}</style><p style='margin: 0'>", "mail.html") == []
