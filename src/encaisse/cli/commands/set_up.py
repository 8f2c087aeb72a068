"""`init`, `user`, `strategies`: what is set up once and looked at sometimes."""

from __future__ import annotations

import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import SET_UP, AsJson, CreditorName, Group, Home, app, command
from encaisse.cli.desk import ACTOR, Desk, at_desk, migrate, pending_migrations, set_up
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, language, ngettext

if TYPE_CHECKING:
    from encaisse.parties.models import Creditor, User

PASSWORD_VARIABLE = "ENCAISSE_PASSWORD"  # noqa: S105 - the name of a variable
LEAST_PASSWORD = 10


@command(
    SET_UP,
    _("Set encaisse up here: folder, database, your company, your sign-in. Asks in a terminal, else takes defaults."),
)
def init(
    home: Home = None,
    name: Annotated[str | None, typer.Option(help=_("Name of your company, the creditor."))] = None,
    siren: Annotated[str | None, typer.Option(help=_("Its SIREN."))] = None,
    iban: Annotated[str | None, typer.Option(help=_("The account customers pay to."))] = None,
    address: Annotated[str, typer.Option(help=_("Street and number."))] = "",
    postcode: Annotated[str, typer.Option(help=_("Postcode."))] = "",
    city: Annotated[str, typer.Option(help=_("City."))] = "",
    email: Annotated[
        str | None, typer.Option(help=_("Your e-mail: you sign in with it, and answers arrive there."))
    ] = None,
    sender: Annotated[str | None, typer.Option(help=_("The person who signs messages."))] = None,
    phone: Annotated[str, typer.Option(help=_("Phone of that person."))] = "",
    password: Annotated[
        str | None,
        typer.Option(
            envvar=PASSWORD_VARIABLE, show_envvar=True, help=_("Password to sign in with (default: one is made up).")
        ),
    ] = None,
    terms: Annotated[
        str, typer.Option(help=_("Payment terms of customers for whom nothing else is known."))
    ] = "30 jours",
    json: AsJson = False,
) -> None:
    """Create the folder (0700), the database, the creditor, its owner, and the bundled strategies."""
    ask = sys.stdin.isatty() and not json
    _make_home(home)
    set_up(home)
    brought = pending_migrations()
    if brought:
        migrate()
    from encaisse.parties.models import Creditor

    if Creditor.objects.exists() and (name is None or Creditor.objects.filter(name=name).exists()):
        _already(len(brought), as_json=json)
        return
    name = name or _answer(ask, _("Name of your company"), _("My company"))
    siren = _checked_siren(siren if siren is not None else _answer(ask, _("Its SIREN (empty: later)"), ""))
    iban = _checked_iban(iban if iban is not None else _answer(ask, _("IBAN customers pay to (empty: later)"), ""))
    email = email if email is not None else _answer(ask, _("Your e-mail, to sign in (empty: later)"), "")
    sender = sender if sender is not None else _answer(ask and bool(email), _("Your name, as messages are signed"), "")
    values = {"siren": siren, "iban": iban, "address": address, "postcode": postcode, "city": city}
    values |= {"sender_name": sender, "sender_email": email, "sender_phone": phone, "default_terms": terms}
    creditor, made_up = create(name, values, email=email, person=sender, password=password)
    _say_ready(creditor, email, made_up, as_json=json)


def create(
    name: str, values: dict[str, Any], *, email: str, person: str, password: str | None
) -> tuple[Creditor, str | None]:
    """Create a creditor with its strategies and, with an e-mail, its owner; also give a password that was made up."""
    from django.db import transaction
    from django_scopes import scope

    from encaisse.parties.models import Creditor
    from encaisse.recovery.setup import prepare

    with transaction.atomic():
        creditor = Creditor(name=name, language=language(), **values)
        _validate(creditor)
        creditor.save()
        with scope(creditor=creditor):
            prepare(creditor, at=datetime.now(UTC), actor=ACTOR)
            made_up = _add_member(creditor, email, person, password, "owner") if email else None
    return creditor, made_up


def _make_home(home: Path | None) -> None:
    from encaisse.config.home import home as default_home

    folder = home.expanduser().resolve() if home else default_home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise Trouble(f"{folder}: {error.strerror}", _("Choose a folder you may write to, with --home.")) from None


def _answer(ask: bool, question: str, default: str) -> str:
    if not ask:
        return default
    answer: str = typer.prompt(question, default=default, show_default=bool(default), err=True)
    return answer.strip()


def _checked_siren(text: str) -> str:
    from stdnum.fr import siren

    compact = "".join(text.split())
    if compact and not siren.is_valid(compact):
        raise Trouble(
            _("“{text}” is not a SIREN.").format(text=text), _("It has nine digits; or leave it out for now.")
        )
    return compact


def _checked_iban(text: str) -> str:
    import schwifty

    if not text:
        return ""
    try:
        return str(schwifty.IBAN(text))
    except (ValueError, schwifty.exceptions.SchwiftyException):
        raise Trouble(
            _("“{text}” is not an IBAN.").format(text=text), _("Copy it from your bank; or leave it out for now.")
        ) from None


def _validate(row: Creditor | User) -> None:
    from django.core.exceptions import ValidationError

    try:
        row.clean_fields(exclude=["password"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Trouble(f"{field}: {messages[0]}", _("Nothing was created.")) from None


def _already(brought: int, *, as_json: bool) -> None:
    from django.conf import settings

    from encaisse.parties.models import Creditor

    names = list(Creditor.objects.order_by("name").values_list("name", flat=True))
    if as_json:
        say.as_json({"home": str(settings.HOME), "creditors": names, "created": False})
        return
    if brought:
        say.line(_("The database was brought up to date."))
    say.line(
        _("Already set up in {folder}: {names}. Nothing else changed.").format(
            folder=settings.HOME, names=", ".join(names)
        )
    )


def _say_ready(creditor: Creditor, email: str, made_up: str | None, *, as_json: bool) -> None:
    from django.conf import settings

    if as_json:
        say.as_json(
            {
                "home": str(settings.HOME),
                "creditor": creditor.name,
                "created": True,
                "user": email or None,
                "password": made_up,
            }
        )
        return
    say.line(_("{name} is set up in {folder}.").format(name=creditor.name, folder=settings.HOME), style="bold")
    if made_up:
        say.line(
            _("Sign in with {email} and the password {password} (shown only now).").format(
                email=email, password=made_up
            )
        )
    if not email:
        say.line(_("To sign in to the pages later: encaisse user add you@example.org"))
    say.line(_("Messages stay on this machine until you name a mail server in the settings."))
    say.line(_("Next: encaisse import YOUR-FEC.txt"))


# ------------------------------------------------------------------------------------------------------------- users

users = typer.Typer(cls=Group, help=_("People who sign in."), no_args_is_help=True)
app.add_typer(users, name="user", rich_help_panel=SET_UP)

Email = Annotated[str, typer.Argument(help=_("E-mail the person signs in with."), metavar="EMAIL")]
Password = Annotated[
    str | None,
    typer.Option(envvar=PASSWORD_VARIABLE, show_envvar=True, help=_("Password (default: one is made up and shown).")),
]


@command(SET_UP, _("Let a person sign in."), name="add", to=users)
def user_add(
    email: Email,
    name: Annotated[str, typer.Option(help=_("The person's name."))] = "",
    role: Annotated[
        str | None,
        typer.Option(help=_("owner, controller or reader (default: the first is owner, others controller).")),
    ] = None,
    password: Password = None,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Add a member to a creditor, making the user when there is none yet."""
    with at_desk(home, creditor) as desk:
        from django.db import transaction

        from encaisse.journal.append import append
        from encaisse.parties.models import Member

        role = role or ("controller" if Member.objects.exists() else "owner")
        if role not in Member.Role.values:
            raise Trouble(_("There is no role “{role}”.").format(role=role), ", ".join(Member.Role.values))
        with transaction.atomic():
            made_up = _add_member(desk.creditor, email, name, password, role)
            append(desk.creditor.pk, "", "member_added", {"email": email, "role": role}, at=desk.at, actor=ACTOR)
        say.line(_("{email} may sign in as {role}.").format(email=email, role=role))
        if made_up:
            say.line(_("Password: {password} (shown only now)").format(password=made_up))


@command(SET_UP, _("Give a person a new password."), name="password", to=users)
def user_password(email: Email, password: Password = None, home: Home = None) -> None:
    """Set a password; the old one stops at once."""
    set_up(home)
    from encaisse.parties.models import User

    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise Trouble(_("Nobody signs in with {email}.").format(email=email), _("`encaisse user list` shows who does."))
    fresh = _checked_password(password)
    user.set_password(fresh)
    user.save(update_fields=["password"])
    say.line(_("The password of {email} was changed.").format(email=email))
    if not password:
        say.line(_("Password: {password} (shown only now)").format(password=fresh))


@command(SET_UP, _("Show who may sign in."), name="list", to=users)
def user_list(home: Home = None, creditor: CreditorName = None, json: AsJson = False) -> None:
    """List the members of a creditor."""
    with at_desk(home, creditor):
        from encaisse.parties.models import Member

        members = Member.objects.select_related("user").order_by("user__email")
        rows = [(member.user.email, member.user.name, member.role) for member in members]
        if json:
            say.as_json({"users": [{"email": email, "name": name, "role": role} for email, name, role in rows]})
        else:
            say.table((_("e-mail"), _("name"), _("role")), rows)


def _add_member(creditor: Creditor, email: str, name: str, password: str | None, role: str) -> str | None:
    from encaisse.parties.models import Member, User

    user = User.objects.filter(email__iexact=email).first()
    made_up = None
    if user is None:
        fresh = _checked_password(password)
        made_up = None if password else fresh
        user = User(email=email, name=name, language=language())
        _validate(user)
        user.set_password(fresh)
        user.save()
    Member.objects.update_or_create(creditor=creditor, user=user, defaults={"role": role})
    return made_up


def _checked_password(password: str | None) -> str:
    if password is None:
        return "-".join(secrets.token_hex(2) for _part in range(4))
    if len(password) < LEAST_PASSWORD:
        raise Trouble(_("The password is too short."), _("It needs {count} characters.").format(count=LEAST_PASSWORD))
    return password


# -------------------------------------------------------------------------------------------------------- strategies

strategies = typer.Typer(cls=Group, help=_("Strategies and their lights."), no_args_is_help=True)
app.add_typer(strategies, name="strategies", rich_help_panel=SET_UP)


@command(SET_UP, _("Show the strategies, their lights and their steps."), name="list", to=strategies)
def strategies_list(home: Home = None, creditor: CreditorName = None, json: AsJson = False) -> None:
    """List what is installed."""
    with at_desk(home, creditor) as desk:
        from encaisse.recovery.strategies import current

        installed = current(desk.creditor)
        if json:
            say.as_json({"strategies": [_strategy_record(one) for one in installed]})
            return
        rows = [
            (
                one.name,
                one.light,
                str(one.version),
                ", ".join(f"{step.days:+d} {step.label(language())}" for step in one.strategy.steps),
            )
            for one in installed
        ]
        say.table((_("strategy"), _("light"), _("version"), _("steps")), rows, right=(2,))


@command(SET_UP, _("Set the light of a strategy: off, review or auto."), name="light", to=strategies)
def strategies_light(
    name: Annotated[str, typer.Argument(help=_("The strategy."), metavar="STRATEGY")],
    light: Annotated[str, typer.Argument(help=_("off, review or auto."), metavar="LIGHT")],
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Set whether messages of a strategy wait for a person."""
    with at_desk(home, creditor) as desk:
        from encaisse.recovery.models import Strategy
        from encaisse.recovery.strategies import set_light

        _known_strategy(desk, name)
        if light not in Strategy.Light.values:
            raise Trouble(_("There is no light “{light}”.").format(light=light), ", ".join(Strategy.Light.values))
        set_light(desk.creditor, name, light, at=desk.at, actor=ACTOR)
        say.line(_("The light of {name} is now: {light}").format(name=name, light=Strategy.Light(light).label))


def _known_strategy(desk: Desk, name: str) -> None:
    from encaisse.recovery.strategies import current

    names = [one.name for one in current(desk.creditor)]
    if name not in names:
        raise Trouble(
            _("There is no strategy “{name}”.").format(name=name), _("Known: {names}.").format(names=", ".join(names))
        )


def _strategy_record(one: Any) -> dict[str, Any]:
    steps = [
        {
            "name": step.name,
            "from": step.origin,
            "days": step.days,
            "channels": list(step.channels),
            "approval": step.approval,
        }
        for step in one.strategy.steps
    ]
    return {"name": one.name, "light": one.light, "version": one.version, "steps": steps}


def say_migrated(home: Path | None) -> None:
    """Bring the database up to date when this version needs it, and say so."""
    pending = pending_migrations()
    if pending:
        migrate()
        say.aside(
            ngettext(
                "The database was brought up to date ({count} step).",
                "The database was brought up to date ({count} steps).",
                len(pending),
            ).format(count=len(pending))
        )
    if home is not None:
        os.environ["ENCAISSE_HOME"] = str(home)
