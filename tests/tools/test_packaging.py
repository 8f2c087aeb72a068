"""What `pip install .` puts on a machine: every file the program reads is in the wheel, every pin has its hashes."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = sorted((ROOT / "requirements").glob("*.txt"))


def test_every_data_file_is_packaged() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    packaged = {pattern.rpartition("*")[2] or pattern for pattern in patterns} | {".py", ".mo", ".pyc"}
    files = [path for path in (ROOT / "src" / "encaisse").rglob("*") if path.is_file()]

    assert [str(path) for path in files if path.suffix not in packaged and path.name not in packaged] == []


@pytest.mark.parametrize("pins", PINS, ids=lambda path: path.name)
def test_pins_have_hashes_and_name_no_place(pins: Path) -> None:
    text = pins.read_text(encoding="utf-8")
    requirements = [part for part in re.split(r"\n(?=\S)", text) if not part.startswith("#")]

    assert requirements
    assert [part.splitlines()[0] for part in requirements if "--hash=sha256:" not in part] == []
    assert not re.search(r"://|^\s*(-i|-f|--index|--extra|--find|--trusted)", text, re.MULTILINE)


def test_the_small_pins_are_among_the_large() -> None:
    base, dev = (
        set(re.findall(r"^(\S+==\S+)", (ROOT / "requirements" / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("base.txt", "dev.txt")
    )

    assert base <= dev


def test_one_version() -> None:
    import encaisse

    assert encaisse.__version__ == PROJECT["project"]["version"]
