"""Whatever a mail server does, we know whether it may have the message: sent, refused, failed or uncertain."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from encaisse.channels import Fate, Outcome
from encaisse.channels.email.smtp import Server, SmtpChannel
from tests.channels.mail_server import Plan, running

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
SENDER = "claire.morel@lefevre.example"
RECIPIENT = "compta@alpha.example"
PARCEL = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: Rappel\r\n\r\nBonjour,\r\nmerci.\r\n"


def send(port: int, parcel: bytes = PARCEL, *, to: str = RECIPIENT, sender: str = SENDER, **more) -> Outcome:
    given = {"security": "none", "timeout": 5.0, **more}
    return SmtpChannel(Server("127.0.0.1", port, **given)).hand_over(parcel, sender=sender, recipient=to, name="<1@x>")


def outcome_of(plan: Plan, **more) -> tuple[Outcome, int]:
    """What came of one message handed to a server that behaves like `plan`, and how many it took."""
    with running(plan) as server:
        return send(server.port, **more), len(server.taken)


# ------------------------------------------------------------------------------------------------------------ answers


def test_a_message_taken_is_sent_and_arrives_byte_for_byte():
    with running() as server:
        assert send(server.port) == Outcome(Fate.SENT, "accepted", "250 OK, taken")
        (taken,) = server.taken
    assert (taken.sender, taken.recipients, taken.content) == (SENDER, (RECIPIENT,), PARCEL)


@pytest.mark.parametrize(
    ("point", "answer", "fate", "code"),
    [
        ("rcpt", "550 no such mailbox", Fate.REFUSED, "recipient_refused"),
        ("rcpt", "553 mailbox name not allowed", Fate.REFUSED, "recipient_refused"),
        ("rcpt", "451 greylisted, come back later", Fate.FAILED, "recipient_refused"),
        ("rcpt", "452 mailbox full", Fate.FAILED, "recipient_refused"),
        ("mail", "550 we do not know you", Fate.FAILED, "sender_refused"),
        ("mail", "451 busy", Fate.FAILED, "sender_refused"),
        ("data", "554 no valid recipients", Fate.FAILED, "data_refused"),
        ("data", "451 disk full", Fate.FAILED, "data_refused"),
        ("taken", "554 looks like spam", Fate.FAILED, "message_refused"),
        ("taken", "452 out of space", Fate.FAILED, "message_refused"),
        ("connect", "554 you are blocked", Fate.FAILED, "server_unreachable"),
        ("connect", "421 too busy", Fate.FAILED, "server_unreachable"),
    ],
)
def test_a_no_at_any_point_is_named_and_nothing_was_taken(point, answer, fate, code):
    outcome, taken = outcome_of(Plan(answers={point: answer}))
    assert (outcome.fate, outcome.code, taken) == (fate, code, 0)
    if point != "connect":
        assert outcome.detail.startswith(answer[:3]), "the server's own words are kept"


def test_only_a_permanent_no_to_the_recipient_condemns_the_address():
    """A server that refuses us, or the message, says nothing about whether the mailbox exists."""
    for point in ("connect", "mail", "data", "taken"):
        outcome, _taken = outcome_of(Plan(answers={point: "550 no"}))
        assert outcome.fate is not Fate.REFUSED, point


def test_a_strange_answer_to_the_whole_message_is_uncertain():
    outcome, _taken = outcome_of(Plan(answers={"taken": "350 what now"}))
    assert (outcome.fate, outcome.code) == (Fate.UNCERTAIN, "no_answer_after_data")


# ------------------------------------------------------------------------------------------- dropped, silent, not there


@pytest.mark.parametrize("how", ["drop", "stall"])
@pytest.mark.parametrize("point", ["connect", "mail", "rcpt", "data"])
def test_a_connection_lost_before_the_message_began_took_nothing(how, point):
    outcome, taken = outcome_of(Plan(**{how: point}), timeout=0.5)
    assert (outcome.fate, taken) == (Fate.FAILED, 0)
    assert outcome.code == ("server_unreachable" if point == "connect" else "connection_lost")


@pytest.mark.parametrize("how", ["drop", "stall"])
def test_a_connection_lost_while_a_short_message_was_on_its_way_is_uncertain(how):
    """All of it fits into the network's own buffers: nobody can tell from here how far it came."""
    outcome, taken = outcome_of(Plan(**{how: "lines"}), timeout=0.5)
    assert (outcome.fate, outcome.code, taken) == (Fate.UNCERTAIN, "no_answer_after_data", 0)


def test_a_large_message_cut_off_in_the_middle_was_not_taken():
    """More than the network holds: the client notices while it still sends, and knows that no final dot went out."""
    parcel = PARCEL + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 300_000
    outcome, taken = outcome_of(Plan(drop="lines"), parcel=parcel)
    assert (outcome.fate, outcome.code, taken) == (Fate.FAILED, "connection_lost", 0)


@pytest.mark.parametrize("how", ["drop", "stall"])
def test_no_answer_after_the_final_dot_is_uncertain(how):
    """The server has it, and we cannot know: this must never be sent again by itself."""
    outcome, taken = outcome_of(Plan(**{how: "taken"}), timeout=0.5)
    assert (outcome.fate, outcome.code, taken) == (Fate.UNCERTAIN, "no_answer_after_data", 1)


@pytest.mark.parametrize("how", ["drop", "stall"])
def test_a_rude_goodbye_changes_nothing(how):
    outcome, taken = outcome_of(Plan(**{how: "quit"}), timeout=0.5)
    assert (outcome.fate, taken) == (Fate.SENT, 1)


def test_a_server_that_is_down_is_tried_again_later():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert send(port) == Outcome(Fate.FAILED, "server_unreachable", "connection refused")


def test_a_server_whose_name_nobody_knows():
    channel = SmtpChannel(Server("mail.lefevre.invalid", 25, "none", timeout=2))
    outcome = channel.hand_over(PARCEL, sender=SENDER, recipient=RECIPIENT, name="1")
    assert outcome == Outcome(Fate.FAILED, "server_unreachable", "host name not found")


# ---------------------------------------------------------------------------------------------- encryption and sign-in


def test_encryption_that_was_asked_for_and_is_not_offered_sends_nothing():
    outcome, taken = outcome_of(Plan(), security="starttls")
    assert (outcome.fate, outcome.code, taken) == (Fate.FAILED, "server_unreachable", 0)
    assert "STARTTLS" in outcome.detail


def _self_signed(folder: Path) -> ssl.SSLContext:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    since = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = folder / "server.pem"
    path.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_a_server_that_cannot_prove_who_it_is_gets_nothing(tmp_path):
    outcome, taken = outcome_of(Plan(tls=_self_signed(tmp_path)), security="starttls", user="u", password="secret")
    assert (outcome.fate, outcome.code, taken) == (Fate.FAILED, "server_unreachable", 0)
    assert outcome.detail.startswith("TLS:")


def test_a_password_that_is_right():
    outcome, taken = outcome_of(Plan(password="s3cret"), user="claire", password="s3cret")
    assert (outcome.fate, taken) == (Fate.SENT, 1)


def test_a_password_that_is_wrong_is_told_and_never_shown():
    outcome, taken = outcome_of(Plan(password="s3cret"), user="claire", password="guess-me")
    assert (outcome.fate, outcome.code, taken) == (Fate.FAILED, "sign_in_refused", 0)
    assert outcome.detail.startswith("535")
    assert "guess-me" not in outcome.detail


def test_a_password_the_library_cannot_send_is_told():
    outcome, taken = outcome_of(Plan(password="s3cret"), user="claire", password="motdepassé")
    assert (outcome.fate, outcome.code, taken) == (Fate.FAILED, "sign_in_refused", 0)


@pytest.mark.parametrize(("host", "port"), [("mail..example", 25), ("x" * 70 + ".example", 25), ("127.0.0.1", 70_000)])
def test_a_host_or_a_port_that_cannot_be_one(host, port):
    channel = SmtpChannel(Server(host, port, "none", timeout=2))
    outcome = channel.hand_over(PARCEL, sender=SENDER, recipient=RECIPIENT, name="1")
    assert (outcome.fate, outcome.code) == (Fate.FAILED, "server_unreachable")


def test_a_server_without_sign_in_is_not_asked_for_one_and_says_so():
    outcome, taken = outcome_of(Plan(), user="claire", password="s3cret")
    assert (outcome.fate, taken) == (Fate.FAILED, 0)
    assert "sign-in" in outcome.detail


# ------------------------------------------------------------------------------------------------------- what arrives


@pytest.mark.parametrize(
    "body",
    [
        b".\r\n",
        b"..\r\n.x\r\n",
        b"first\r\n.\r\nMAIL FROM:<evil@x.example>\r\n",
        b"no line end",
        b"bare\nline\nends\n.\nstill here\n",
        b"",
    ],
)
def test_dots_and_line_ends_arrive_as_they_were(body):
    """A dot alone on a line must not end the message, nor turn what follows into commands."""
    head = b"Subject: x\r\n\r\n"
    with running() as server:
        assert send(server.port, head + body).fate is Fate.SENT
        (taken,) = server.taken
    expected = (head + body).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert taken.content == expected + (b"" if expected.endswith(b"\r\n") else b"\r\n")


def test_an_address_with_accents_where_the_server_takes_them():
    with running() as server:
        assert send(server.port, to="comptabilité@alpha.example").fate is Fate.SENT
        assert server.recipients == ["comptabilité@alpha.example"]


def test_an_address_with_accents_where_the_server_does_not():
    """It is named, it is no crash, and the other messages go on."""
    outcome, taken = outcome_of(Plan(smtputf8=False), to="comptabilité@alpha.example")
    assert (outcome.fate, outcome.code, taken) == (Fate.REFUSED, "address_not_supported", 0)


@pytest.mark.parametrize("address", ["a@b.example>\r\nRCPT TO:<c@d.example", "a@b.example\nDATA", "a\r@b.example", ""])
def test_an_address_cannot_smuggle_commands(address):
    for more in ({"to": address}, {"sender": address}):
        with running() as server:
            outcome = send(server.port, **more)
            assert outcome.fate in (Fate.REFUSED, Fate.FAILED)
            assert server.taken == []


def test_each_message_has_a_conversation_of_its_own():
    with running(Plan(refuse_recipients={"gone@alpha.example": "550 gone"})) as server:
        assert send(server.port, to="gone@alpha.example").fate is Fate.REFUSED
        assert send(server.port).fate is Fate.SENT
        assert (server.conversations, server.recipients) == (2, [RECIPIENT])
