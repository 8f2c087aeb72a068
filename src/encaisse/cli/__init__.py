"""The command line: `encaisse`. Thin: it opens the installation, calls verbs, and says what they answered."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> None:
    """Run the command named by the arguments (default: those of the process) and exit with its code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    from encaisse.cli import words

    words.settle(_taken(given, "--lang"))
    from encaisse.cli.commands import app

    try:
        app(given, prog_name="encaisse")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (`encaisse receivables | head`): nothing is wrong.
        sys.stderr.close()
        sys.exit(0)


def _taken(arguments: list[str], option: str) -> str | None:
    """Take an option out of the arguments wherever it stands, and return its value."""
    for place, argument in enumerate(arguments):
        if argument == option and place + 1 < len(arguments):
            value = arguments[place + 1]
            del arguments[place : place + 2]
            return value
        if argument.startswith(f"{option}="):
            del arguments[place]
            return argument.partition("=")[2]
    return None
