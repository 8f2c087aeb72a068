"""The local mailbox and the letter tray: a file is there whole or not at all, and the same thing once."""

from __future__ import annotations

from pathlib import Path

import pytest

from encaisse.channels import Fate
from encaisse.channels.email.local import LocalMailbox
from encaisse.channels.letter import LetterTray
from encaisse.channels.whole import write_whole

WHO = {"sender": "a@b.example", "recipient": "c@d.example"}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_message_becomes_one_file(tmp_path):
    folder = tmp_path / "mailbox" / "1"
    outcome = LocalMailbox(folder).hand_over(b"parcel", name="<encaisse.1.42.ab@lefevre.example>", **WHO)
    assert (outcome.fate, outcome.code, outcome.detail) == (Fate.SENT, "kept_locally", names(folder)[0])
    assert (folder / outcome.detail).read_bytes() == b"parcel"


def test_the_same_message_twice_is_one_file(tmp_path):
    mailbox = LocalMailbox(tmp_path)
    for _again in range(2):
        mailbox.hand_over(b"parcel", name="<1@x>", **WHO)
    assert len(names(tmp_path)) == 1


def test_different_messages_are_different_files(tmp_path):
    mailbox = LocalMailbox(tmp_path)
    for name in (
        "<encaisse.1.1.aa@x>",
        "<encaisse.1.11.aa@x>",
        "<encaisse.1.1.ab@x>",
        f"<{'y' * 200}1@x>",
        f"<{'y' * 200}2@x>",
    ):
        mailbox.hand_over(name.encode(), name=name, **WHO)
    assert len(names(tmp_path)) == 5


@pytest.mark.parametrize("name", ["../../escape", "/etc/passwd", "..", "a/b", "<>", "", "\x00"])
def test_a_name_cannot_leave_its_folder(tmp_path, name):
    folder = tmp_path / "mailbox"
    for channel in (LocalMailbox(folder), LetterTray(folder)):
        outcome = channel.hand_over(b"parcel", name=name, **WHO)
        assert outcome.fate is Fate.SENT
    assert names(tmp_path) == ["mailbox"]
    assert all((folder / name).is_file() for name in names(folder))


def test_a_letter_is_laid_in_the_tray(tmp_path):
    outcome = LetterTray(tmp_path).hand_over(b"%PDF", name="2026-03-02-ALPHA-notice-7", **WHO)
    assert (outcome.fate, outcome.code) == (Fate.SENT, "laid_in_tray")
    assert names(tmp_path) == ["2026-03-02-ALPHA-notice-7.pdf"]


def test_a_folder_that_cannot_be_written_is_tried_again_later(tmp_path):
    (tmp_path / "taken").write_text("a file is here")
    for channel in (LocalMailbox(tmp_path / "taken"), LetterTray(tmp_path / "taken")):
        assert channel.hand_over(b"parcel", name="1", **WHO).fate is Fate.FAILED


def test_what_is_cut_short_leaves_nothing_behind(tmp_path):
    """Whatever goes wrong before the file is whole."""
    with pytest.raises(TypeError):
        write_whole(tmp_path, "letter.pdf", "not bytes")  # type: ignore[arg-type]
    assert names(tmp_path) == []


def test_an_earlier_file_stays_until_the_new_one_is_whole(tmp_path):
    write_whole(tmp_path, "letter.pdf", b"first")
    with pytest.raises(TypeError):
        write_whole(tmp_path, "letter.pdf", "not bytes")  # type: ignore[arg-type]
    assert (tmp_path / "letter.pdf").read_bytes() == b"first"
    write_whole(tmp_path, "letter.pdf", b"second")
    assert names(tmp_path) == ["letter.pdf"]
    assert (tmp_path / "letter.pdf").read_bytes() == b"second"


def test_nobody_else_on_the_machine_reads_the_messages(tmp_path):
    path = write_whole(tmp_path, "letter.pdf", b"private")
    assert path.stat().st_mode & 0o077 == 0
