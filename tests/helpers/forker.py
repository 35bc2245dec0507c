"""A process with the house already imported; each line on stdin names a study, for which it forks a child that runs it, to be killed.

It answers with the child's id, and with its exit code (negative: killed) when it has ended. The parent itself runs no solver and no thread.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import geopandas  # noqa: F401
import matplotlib.figure  # noqa: F401
from results import run_light


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                run_light(Path(line.strip()), resume=True)
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
