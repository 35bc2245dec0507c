"""Pages, maps, figures, workbooks and documents of one run. Nothing here computes a coverage or opens an input.

Raises `MissingExtra` on import where the packages of `infraplan[report]` are not installed.
"""

from infraplan.extras import require

require("report")
