"""Real processes that plan and deliver, to be killed at any instruction.

Starting Python with everything the program needs takes seconds. So one process is started per test session; it loads
the program, opens nothing, and forks a child for each job. The child connects to the database, does the job, writes
what came of it to a file and ends; it can be killed like any other process.

    python -m tests.recovery.nursery      reads jobs as JSON lines from standard input
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

KILLED = -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Job:
    """A running child: its process id and where it writes its result."""

    pid: int
    path: Path

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


class Nursery:
    """The parent of all jobs of a test session."""

    def __init__(self) -> None:
        from django.conf import settings
        from django.db import connection

        database = settings.DATABASES["default"]
        self._folder = tempfile.TemporaryDirectory(prefix="encaisse-jobs-")
        self._running: dict[int, Job] = {}
        self._count = 0
        environment = {**os.environ, "DATABASE_URL": _url(database, str(connection.settings_dict["NAME"]))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.recovery.nursery"],
            cwd=Path(__file__).parents[2],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout
        self._process.stdout.close()
        self._folder.cleanup()

    def start(self, do: str, creditor: Any, **more: Any) -> Job:
        """Begin a job: `deliver` (now), `pause` everybody (now) or `plan` (day, now).

        `die_at` kills it before its n-th database statement.
        """
        from django.conf import settings

        self._count += 1
        path = Path(self._folder.name) / f"{self._count}.json"
        job = {"do": do, "creditor": creditor.pk, "home": str(settings.HOME), "result": str(path), **more}
        pid = self._ask({key: _text(value) for key, value in job.items()})
        self._running[pid] = Job(pid, path)
        return self._running[pid]

    def wait(self, job: Job) -> Any:
        """Wait until a job has ended; return its result, or KILLED."""
        self._running.pop(job.pid, None)
        status = self._ask({"do": "wait", "pid": job.pid})
        if os.WIFSIGNALED(status):
            return -os.WTERMSIG(status)
        assert os.WEXITSTATUS(status) == 0, job.path.read_text("utf-8")
        return json.loads(job.path.read_text("utf-8"))

    def run(self, do: str, creditor: Any, **more: Any) -> Any:
        """Start a job and wait for it."""
        return self.wait(self.start(do, creditor, **more))

    def end_all(self) -> None:
        for job in list(self._running.values()):
            job.kill()
            self.wait(job)

    def _ask(self, job: dict[str, Any]) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _url(database: dict[str, Any], name: str) -> str:
    if "sqlite" in database["ENGINE"]:
        return f"sqlite:///{name}"
    given = os.environ["DATABASE_URL"]
    server, _, rest = given.rpartition("/")
    return f"{server}/{name}" + (f"?{rest.partition('?')[2]}" if "?" in rest else "")


# ------------------------------------------------------------------------------------------------------- in the child


def main() -> None:
    """Load the program, then fork a child for each line read."""
    import django

    django.setup()
    from encaisse.documents import library
    from encaisse.law import wording
    from encaisse.recovery import deliver, record_pause, run

    assert all((deliver, record_pause, run))
    # Read once here, not in every child. Frames are not touched: threads started before a fork do not live in it.
    assert wording.rules()
    assert all(map(library.templates, library.LANGUAGES))
    for row in sys.stdin:
        job = json.loads(row)
        if job["do"] == "wait":
            answer = os.waitpid(job["pid"], 0)[1]
        else:
            answer = os.fork()
            if answer == 0:
                _child(job)
        print(answer, flush=True)


def _child(job: dict[str, Any]) -> None:
    """Do the job in this process and end it."""
    code = 1
    path = Path(job["result"])
    try:
        path.write_text(json.dumps(_work(job)), "utf-8")
        code = 0
    except BaseException:  # noqa: BLE001 - told to the test, which fails
        import traceback

        path.write_text(traceback.format_exc(), "utf-8")
    finally:
        os._exit(code)


def _work(job: dict[str, Any]) -> Any:
    from django.conf import settings
    from django.db import connection
    from django_scopes import scope

    from encaisse.parties.models import Creditor
    from encaisse.recovery import record_pause
    from encaisse.recovery.deliver import deliver_due
    from encaisse.recovery.run import plan

    settings.HOME = Path(job["home"])
    creditor = Creditor.objects.get(pk=job["creditor"])
    now = datetime.fromisoformat(job["now"])
    with scope(creditor=creditor), connection.execute_wrapper(_Mortal(job.get("die_at"))):
        if job["do"] == "deliver":
            return [[one.action_id, one.status, one.code] for one in deliver_due(creditor, now=now, actor="test")]
        if job["do"] == "pause":
            return record_pause.record(
                creditor, scope="creditor", starts_on=now.date(), reason="test", at=now, actor="test"
            ).pk
        return plan(creditor, date.fromisoformat(job["day"]), at=now, actor="test").planned


class _Mortal:
    """Counts database statements and kills this process before the n-th."""

    def __init__(self, die_at: int | None) -> None:
        self.left = die_at

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


if __name__ == "__main__":
    main()
