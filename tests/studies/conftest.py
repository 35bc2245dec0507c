"""Two studies as new users write them from the documentation alone; both are made up."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the builders

_spec = importlib.util.spec_from_file_location("cli_conftest", Path(__file__).parents[1] / "cli" / "conftest.py")
assert _spec is not None and _spec.loader is not None
_cli = importlib.util.module_from_spec(_spec)
sys.modules["cli_conftest"] = _cli
_spec.loader.exec_module(_cli)
infraplan = _cli.infraplan  # the fixture that runs the program
small_pictures = _cli.small_pictures
