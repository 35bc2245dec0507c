"""Run every Python block of a Markdown file, in order, in one namespace."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def main(path: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    if not blocks:
        sys.exit(f"{path} has no Python block")
    space: dict[str, object] = {"__name__": "__main__"}
    for number, block in enumerate(blocks, start=1):
        exec(compile(block, f"{path} block {number}", "exec"), space)
    print(f"{path}: {len(blocks)} Python block(s) ran")


if __name__ == "__main__":
    main(sys.argv[1])
