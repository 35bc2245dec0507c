"""Compiled kernels on disk, kept in step with their sources.

numba compiles a kernel again when its own file changes, but not when a kernel or a constant that it takes from another file does. In a
checkout, after an edit or a pull, old machine code would then run beside new code without a warning.
"""

from __future__ import annotations

from pathlib import Path

ROOMS = ("radio", "coverage", "geo"), ("siting/cover", "siting/cover/limited"), ("backhaul", "backhaul/steiner")
"""Packages whose kernels call each other."""
CONSTANTS = frozenset({"model", "p1812_tables", "tolerances"})
"""Modules without kernels that hold constants of kernels."""


def drop_old_kernels(package: Path) -> int:
    """Delete the package's compiled kernels that are older than a file with kernels, or constants of kernels, of the same rooms.

    Returns how many files were deleted. Those that cannot be deleted (an installation that is read only, another process that was first)
    are left.
    """
    count = 0
    for rooms in ROOMS:
        compiled = [path for room in rooms for path in (package / room / "__pycache__").glob("*.nb[ic]")]
        if not compiled:
            continue
        modules = {path.name.split(".")[0] for path in compiled} | CONSTANTS
        sources = [package / room / f"{module}.py" for room in rooms for module in modules]
        newest = max((source.stat().st_mtime for source in sources if source.exists()), default=0.0)
        for path in compiled:
            try:
                if path.stat().st_mtime < newest:
                    path.unlink()
                    count += 1
            except OSError:
                continue
    return count
