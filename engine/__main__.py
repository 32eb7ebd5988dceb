"""``cuewright`` and ``python -m engine``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; exits with 0 done, 2 wrong request, 1 failed, 130 cancelled."""
    from engine.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
