"""A freelancer without books: the list of what is owed, exported each week, is all there is; then the books come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from encaisse.ledger.import_books import import_file
from encaisse.ledger.models import Import
from encaisse.recovery.after_import import after_import
from encaisse.recovery.models import Action
from tests.ledger.books import Fec
from tests.stories.telling import Story, on

pytestmark = pytest.mark.django_db
FIRST, SECOND, THIRD = "2026-03-04", "2026-03-05", "2026-03-09"
HEAD = "N° facture;Code client;Client;E-mail;Date;Échéance;Total TTC;Reste à payer"
ALPHA = "FA26-0101;ALPHA;Alpha SARL;compta@alpha.example;28/01/2026;27/02/2026;1200,00;{}"
BETA = "FA26-0102;BETA;Beta SAS;compta@beta.example;28/01/2026;27/02/2026;450,00;450,00"


def drop(story: Story, content: bytes, name: str, day: str, hour: int) -> Import:
    stamp = {"at": datetime.combine(on(day), datetime.min.time(), UTC).replace(hour=hour), "actor": "x"}
    row = import_file(story.creditor, content, name, **stamp)
    after_import(story.creditor, on(day), **stamp)
    return row


def week(story: Story, day: str, hour: int, *rows: str) -> Import:
    return drop(story, "\n".join([HEAD, *rows, ""]).encode(), f"impayes-{day}.csv", day, hour)


def statuses() -> dict[str, str]:
    return dict(Action.objects.order_by("pk").values_list("customer__code", "status"))


def test_the_weekly_list_alone_keeps_who_paid_from_being_chased(story: Story) -> None:
    story.creditor.stale_after_days = 10
    story.creditor.save()
    week(story, FIRST, 5, ALPHA.format("1200,00"), BETA)
    assert story.run(FIRST).planned == 2
    story.approve_all()
    # ALPHA paid: the newer list no longer names it. Its mail is called off, BETA's leaves.
    row = week(story, FIRST, 8, BETA)
    assert [one["code"] for one in row.report["set_aside"]] == ["no_longer_listed"]
    assert statuses() == {"ALPHA": "cancelled", "BETA": "approved"}
    assert story.send() == [("sent", "kept_locally")]
    assert story.left() == [f"{FIRST} mail FA26-0102"]
    assert story.explained(SECOND, "ALPHA").json["reason"] == "nothing_owed"
    # The payment bounced: the list names it again, in part, and it is owed again.
    week(story, SECOND, 8, ALPHA.format("700,00"), BETA)
    told = story.explained(SECOND, "ALPHA").json
    assert told["principal"] == "700.00", told
    # The books of the year say the same of it: it is still owed once.
    fec = Fec(2026).sale("ALPHA", "FA26-0101", "20260128", 1200_00, "A").sale("BETA", "FA26-0102", "20260128", 450_00)
    fec.paid("ALPHA", "VIR", "20260306", 500_00, "A")
    drop(story, fec.bytes(), fec.name, THIRD, 8)
    assert story.explained(THIRD, "ALPHA").json["principal"] == "700.00"
    # Nothing newer comes: what the books do not tell is not chased on old news.
    assert story.explained("2026-04-30", "BETA").json["reason"] == "stale_books"
