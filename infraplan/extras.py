"""Optional packages, by the extra that installs them; the message where they are absent."""

from __future__ import annotations

from importlib.util import find_spec

from infraplan.errors import InfraplanError
from infraplan.messages import both

MODULES = {
    "report": ("folium", "branca", "js_lib_leaflet", "matplotlib", "jinja2", "markupsafe", "typst", "docx", "PIL", "pikepdf"),
    "web": ("starlette", "uvicorn"),
    "networkx": ("networkx",),
    "cluster": ("distributed",),
}


class MissingExtra(InfraplanError, ImportError):
    """Packages of an extra are not installed; the message names the `pip install` line."""


def require(extra: str) -> None:
    """Raises unless the packages of an extra are installed.

    Raises
    ------
    MissingExtra
        Some are not: says which, and how to install them.
    """
    missing = [name for name in MODULES[extra] if not _installed(name)]
    if missing:
        raise MissingExtra(both("general.missing_extra", extra=extra, packages=", ".join(missing)))


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):  # a parent package that cannot be imported; a module blocked in sys.modules
        return False
