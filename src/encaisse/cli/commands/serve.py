"""`serve`: pages, daily run and delivery, started and stopped together."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from encaisse.cli import say
from encaisse.cli.app import EVERY_DAY, Home, command
from encaisse.cli.commands.set_up import say_migrated
from encaisse.cli.desk import require_initialised, set_up
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _

THREADS = 4
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@command(EVERY_DAY, _("Serve the pages, make the daily run at its hour, and send what is approved."))
def serve(
    host: Annotated[
        str, typer.Option(help=_("Address to listen on; put a web server with TLS in front of any other."))
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help=_("Port to listen on."))] = 8000,
    jobs: Annotated[bool, typer.Option("--jobs/--no-jobs", help=_("Make the daily run and deliver here."))] = True,
    home: Home = None,
) -> None:
    """Run until Ctrl-C or SIGTERM."""
    set_up(home)
    require_initialised()
    say_migrated(home)
    serve_here(host, port, jobs=jobs)


def serve_here(host: str, port: int, *, jobs: bool) -> None:
    """Serve the installation that is set up in this process."""
    _require_free(host, port)
    from django.conf import settings
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    from encaisse.jobs.clock import Clock

    if host not in LOOPBACK:
        os.environ.setdefault("ENCAISSE_HOSTS", f"localhost,127.0.0.1,[::1],{host}")
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)
    # The pages live in a process of their own, started afresh: forking one that has threads could lock it up.
    multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        "encaisse.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        websockets=False,
        log_level=LogLevels.warning,
    )
    clock = Clock() if jobs else None
    say.line(
        _("encaisse is at http://{address}").format(address=f"[{host}]:{port}" if ":" in host else f"{host}:{port}"),
        style="bold",
    )
    say.aside(_("The daily run and delivery are made here. Ctrl-C stops it.") if jobs else _("Ctrl-C stops it."))
    sys.stdout.flush()
    if clock:
        clock.start()
    try:
        server.serve()
    finally:
        if clock:
            clock.stop()
    say.aside(_("Stopped."))


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Trouble(
                _("Cannot listen on {host}:{port}: {reason}").format(host=host, port=port, reason=error.strerror),
                _("Another program is there perhaps: choose another one with --port."),
            ) from None
