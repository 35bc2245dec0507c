"""The page of `infraplan serve`: a local server that shows what edits of sites change. All numbers are of `run.what_if`.

Raises `MissingExtra` on import where the packages of `infraplan[web]` are not installed.
"""

from infraplan.extras import require

require("web")
