"""A problem in a file a person wrote: data, not an exception. Texts live in ``phrases``, per language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from encaisse.engine.phrases import problem_texts


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do about it."""

    code: str
    line: int | None = None
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What is wrong, in English."""
        return self.texts("en")[0]

    @property
    def hint(self) -> str:
        """What to do about it, in English."""
        return self.texts("en")[1]

    def texts(self, language: str) -> tuple[str, str]:
        """Message and hint in ``fr`` or ``en``."""
        texts = problem_texts(language)[self.code]
        return texts["message"].format_map(self.values), texts["hint"].format_map(self.values)

    def as_dict(self, language: str = "en") -> dict[str, str | int | None]:
        """Line, code, message and hint, ready for JSON."""
        message, hint = self.texts(language)
        return {"line": self.line, "code": self.code, "message": message, "hint": hint}
