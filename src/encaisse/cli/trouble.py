"""What a person did wrong or what the machine lacks, in one sentence, with what to do next. Never a traceback."""

from __future__ import annotations

OK, REFUSED, MISUSE = 0, 1, 2
"""Exit codes: done; something was refused or differs; it was asked for wrongly, or something is missing."""


class Trouble(Exception):
    """Ends a command with a message, a hint and an exit code."""

    def __init__(self, message: str, hint: str = "", *, code: int = MISUSE) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
