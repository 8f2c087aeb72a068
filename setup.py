"""Compiles the translation catalogues into the wheel; everything else is in pyproject.toml."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCatalogues(build_py):
    """Writes `django.mo` beside each `django.po` of the wheel: the machine that installs it needs no gettext."""

    def run(self) -> None:
        super().run()
        # An editable install runs from the source tree, where `make venv` compiles them.
        if self.editable_mode:
            return
        for po in Path(self.build_lib).rglob("*.po"):
            with po.open("rb") as source, po.with_suffix(".mo").open("wb") as target:
                write_mo(target, read_po(source, locale=po.parent.parent.name))


setup(cmdclass={"build_py": BuildWithCatalogues})
