"""The bytes of a message: whole, the same every time, readable by any program, and with nothing slipped in."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.channels.email.build import Attachment, Letterhead, build, message_id

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HEAD = Letterhead("Claire Morel", "claire.morel@lefevre.example", "Paul Durand", "compta@alpha.example")
IDENTITY = "<encaisse.1.42.abcdef@lefevre.example>"
TEXT = "Bonjour,\n\nla facture F-1 est échue.\n.\n\n-- \nClaire Morel"
STATEMENT = Attachment("relevé-ALPHA-2026-03-02.pdf", "application/pdf", b"%PDF-1.7\n" + bytes(range(256)))


def bytes_of(head: Letterhead = HEAD, **more) -> bytes:
    given = {
        "subject": "Facture F-1 : 1 200,00 € à régler",
        "text": TEXT,
        "html": "<p>Bonjour,</p><p>la facture <b>F-1</b> est échue.</p>",
        "attachments": [STATEMENT],
        "identity": IDENTITY,
        "earlier": [],
        "language": "fr",
        "at": AT,
    }
    return build(head, **{**given, **more})


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def test_it_is_text_and_html_and_files():
    message = parsed(bytes_of())
    assert message.get_content_type() == "multipart/mixed"
    both, file = message.iter_parts()
    assert [part.get_content_type() for part in both.iter_parts()] == ["text/plain", "text/html"]
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == f"{TEXT}\n"
    assert "<b>F-1</b>" in message.get_body(("html",)).get_content()
    assert (file.get_filename(), file.get_content(), file.get_content_disposition()) == (
        STATEMENT.name,
        STATEMENT.content,
        "attachment",
    )


def test_it_comes_from_a_named_person_who_can_be_answered():
    message = parsed(bytes_of())
    assert str(message["From"]) == str(message["Reply-To"]) == "Claire Morel <claire.morel@lefevre.example>"
    assert message["To"].addresses[0].addr_spec == "compta@alpha.example"
    assert message["To"].addresses[0].display_name == "Paul Durand"
    assert message["Subject"] == "Facture F-1 : 1 200,00 € à régler"
    assert message["Date"].datetime == AT
    assert message["Content-Language"] == "fr"
    assert "bcc" not in message
    assert "cc" not in message


def test_without_attachments_it_is_text_and_html_alone():
    message = parsed(bytes_of(attachments=[]))
    assert message.get_content_type() == "multipart/alternative"


def test_the_same_content_gives_the_same_bytes():
    assert bytes_of() == bytes_of()
    assert bytes_of() != bytes_of(subject="autre chose")


def test_the_same_content_gives_the_same_bytes_in_another_process():
    """No order of a set, no random boundary, no clock."""
    script = (
        "import hashlib, sys; sys.path.insert(0, '.');"
        "from tests.channels.test_message import bytes_of;"
        "print(hashlib.sha256(bytes_of()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_a_message_id_is_one_action_of_one_installation_and_always_the_same():
    sender = "claire@lefevre.example"
    first = message_id("here", 1, 42, sender)
    assert first == message_id("here", 1, 42, sender)
    others = {message_id("there", 1, 42, sender), message_id("here", 2, 42, sender), message_id("here", 1, 43, sender)}
    assert len(others | {first}) == 4
    assert first.endswith("@lefevre.example>")
    assert parsed(bytes_of(identity=first))["Message-ID"] == first


def test_a_case_is_one_conversation():
    earlier = [f"<encaisse.1.{number}.x@lefevre.example>" for number in range(1, 15)]
    message = parsed(bytes_of(earlier=earlier))
    assert message["In-Reply-To"] == earlier[-1]
    assert message["References"].split() == earlier[-10:]
    assert "References" not in parsed(bytes_of())


@pytest.mark.parametrize(
    "line",
    [
        "\r\nBcc: spy@x.example",
        "\nX-Evil: 1",
        "\r\n\r\n<script>",
        "\rTo: spy@x.example",
        "\x0bBcc: a@x.example",
        "\u2028Bcc: a@x.example",
    ],
)
@pytest.mark.parametrize("where", ["sender_name", "recipient_name", "subject", "file"])
def test_nothing_can_be_slipped_into_the_headers(line, where):
    """Names come from the books of other people."""
    if where == "subject":
        content = bytes_of(subject=f"Facture{line}")
    elif where == "file":
        content = bytes_of(attachments=[Attachment(f"releve{line}.pdf", "application/pdf", b"x")])
    else:
        fields = {
            "sender_name": "A",
            "sender_address": "a@b.example",
            "recipient_name": "B",
            "recipient_address": "c@d.example",
        }
        content = bytes_of(Letterhead(**{**fields, where: f"Paul{line}"}))
    message = parsed(content)
    assert "bcc" not in message
    assert "x-evil" not in message
    assert len(message.get_all("To")) == 1
    names = [part.get_filename() for part in message.walk() if part.get_filename()]
    assert len(names) == 1


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: spy@x.example", "a@b.example, spy@x.example", "a b@c.example", "", "no-at-sign"]
)
def test_an_address_that_is_none_is_refused(address):
    for head in (Letterhead("A", address, "B", "c@d.example"), Letterhead("A", "a@b.example", "B", address)):
        with pytest.raises(ValueError):
            bytes_of(head)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(NAMES, NAMES, st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_name_subject_and_text_make_a_message_that_reads_the_same(name, subject, text):
    head = Letterhead(name, "claire.morel@lefevre.example", name, "compta@alpha.example")
    content = bytes_of(head, subject=subject, text=text, attachments=[])
    message = parsed(content)
    assert message["To"].addresses[0].addr_spec == "compta@alpha.example"
    assert content == bytes_of(head, subject=subject, text=text, attachments=[])
    assert max(len(line) for line in content.split(b"\r\n")) <= 998, "RFC 5322, 2.1.1"
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_lines_and_letters_fit_every_mail_server():
    content = bytes_of(text="é" * 5000, html="<p>" + "œ" * 5000 + "</p>")
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 78
