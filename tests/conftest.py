"""What every test stands on: an installation of its own, a real database, no network, the same result every time."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.parts import long_tests

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
TEMPORARY = Path(tempfile.mkdtemp(prefix=f"encaisse-tests-{WORKER}-"))


def _settle_environment() -> None:
    """Make the run depend on nothing of the machine it runs on. Must come before Django's settings are read."""
    for name in [n for n in os.environ if n.startswith("ENCAISSE_")]:
        del os.environ[name]
    os.environ.update(
        DJANGO_SETTINGS_MODULE="encaisse.config.settings",
        ENCAISSE_HOME=str(TEMPORARY / "home"),
        SECRET_KEY="the same in every test run, and in no installation",
        COLUMNS="200",
        LC_ALL="C.UTF-8",
        LANGUAGE="",
        TZ="UTC",
    )
    (TEMPORARY / "home" / "static").mkdir(parents=True)
    time.tzset()


_settle_environment()

pytest_plugins = ("tests.browser", "tests.left_out", "tests.network", "tests.side_by_side")

LONG = os.environ.get("LONG", "") not in ("", "0", "no")
"""With LONG=1 (`make test-long`) the tests marked slow run too, and Hypothesis looks further."""

# The default finds the same examples every time.
_COMMON = {"deadline": None, "print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis_settings.register_profile("fast", max_examples=60, derandomize=True, database=None, **_COMMON)
hypothesis_settings.register_profile("slow", max_examples=2_000, **_COMMON)
hypothesis_settings.load_profile("slow" if LONG else "fast")

ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")

DATABASE_FIXTURES = frozenset(
    {
        "admin_client",
        "admin_user",
        "db",
        "django_db_reset_sequences",
        "django_db_serialized_rollback",
        "live_server",
        "own_database",
        "transactional_db",
    }
)

PURE = frozenset({"documents", "engine", "exchange", "law"})
"""Rooms that know no database: on PostgreSQL their tests are not even read, and none of them may ask for one."""


def pytest_configure(config: pytest.Config) -> None:
    """Read Django's settings now that the environment is settled; pytest-django then sets Django up."""
    from django.conf import settings

    from tools import translations

    assert settings.DATABASES
    if not hasattr(config, "workerinput"):
        translations.compile_catalogues(only_stale=True)


def pytest_report_header() -> list[str]:
    """Say which database the run is about."""
    return [f"database: {'PostgreSQL' if ON_POSTGRES else 'SQLite'}"]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Pass by the pure rooms on PostgreSQL."""
    return True if ON_POSTGRES and _is_pure(collection_path) else None


def _is_pure(path: Path) -> bool:
    inside = path.relative_to(Path(__file__).parent).parts if path.is_relative_to(Path(__file__).parent) else ()
    return bool(inside) and inside[0] in PURE


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what touches the database, so that it runs again on PostgreSQL; drop what is about the other database.

    What is dropped so is not left out: `make test` runs it on the database it is about. Long tests are left out.
    """
    other = "sqlite" if ON_POSTGRES else "postgres"
    kept, dropped, long = [], [], []
    for item in items:
        about_one = item.get_closest_marker("sqlite") or item.get_closest_marker("postgres")
        if about_one or item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(_fixtures(item)):
            if _is_pure(item.path):
                raise pytest.UsageError(f"{item.nodeid} asks for a database, and its room is to know none")
            item.add_marker("database")
        if "browser" in _fixtures(item):
            item.add_marker("browser")
        if item.get_closest_marker(other):
            dropped.append(item)
        elif item.get_closest_marker("slow") and not LONG:
            long.append(item)
        else:
            kept.append(item)
    config.stash[long_tests] = len(long)
    if dropped or long:
        config.hook.pytest_deselected(items=dropped + long)
        items[:] = kept


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Have the garbage collector pass by what lives until the end: walking thousands of tests costs a twentieth."""
    gc.collect()
    gc.freeze()


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def pytest_unconfigure() -> None:
    """Remove what the run wrote."""
    shutil.rmtree(TEMPORARY, ignore_errors=True)


# ------------------------------------------------------------------------------------------------------------ database


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Give SQLite a real file, one per worker: readers other than Django (ADBC) must open it too."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database.setdefault("TEST", {})["NAME"] = str(TEMPORARY / "test.sqlite3")


@pytest.fixture(autouse=True)
def _no_reading_link_left() -> Iterator[None]:
    """Close the link frames are read by, or the test database could not be dropped."""
    yield
    if ON_POSTGRES:
        from encaisse.storage.frames import close_link

        close_link()


@pytest.fixture(autouse=True)
def _language_of_the_house() -> None:
    """A language that an earlier test spoke is not the language of the next."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """Hash passwords with something quick; how Django hashes them is Django's to test."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def own_database(tmp_path: Path) -> Iterator[str]:
    """The URL of a new, empty database of the kind under test, for tests that run the program as a process."""
    if not ON_POSTGRES:
        yield f"sqlite:///{tmp_path / 'own.sqlite3'}"
        return
    import psycopg
    from psycopg import sql

    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"own_{WORKER}_{os.urandom(6).hex()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{server}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


# -------------------------------------------------------------------------------------------------------------- places


@pytest.fixture
def home(tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty installation folder for this test alone."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("ENCAISSE_HOME", str(folder))
    settings.HOME = folder
    settings.EMAIL_FILE_PATH = folder / "mailbox" / "accounts"
    return folder
