"""Pins requirements/*.in into requirements/*.txt: `python -m tools.lock [--upgrade]`.

The result names neither an index nor a machine, and holds the hashes of every wheel of a version, so that one file
serves all supported Pythons and processors.
"""

import os
import subprocess
import sys

COMMON = (
    "--quiet",
    "--strip-extras",
    "--allow-unsafe",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-trusted-host",
    "--no-emit-find-links",
    "--no-emit-options",
    "--resolver=backtracking",
)
OUTPUTS = {
    "requirements/base.txt": ("requirements/base.in", "requirements/build.in"),
    "requirements/dev.txt": ("requirements/dev.in",),
}


def main() -> int:
    """Write the pinned files; returns the exit code of the first pip-compile that fails, else 0."""
    # Wheels of the local machine's own collections must not end up in the pins.
    environment = {**os.environ, "PIP_CONFIG_FILE": os.devnull}
    environment.pop("PIP_FIND_LINKS", None)
    environment.pop("PIP_EXTRA_INDEX_URL", None)
    for output, sources in OUTPUTS.items():
        command = [sys.executable, "-m", "piptools", "compile", *COMMON, *sys.argv[1:], "-o", output, *sources]
        done = subprocess.run(command, env=environment, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
