"""Compare figures written in pages with the demo's summary.json: `python tools/check_readme_figures.py SUMMARY PAGE...`.

A figure is marked by a comment right before it, which no reader sees:

    5G reaches <!-- figure: population.nr.share -->71.3 % of people, on <!-- figure: sites -->162,064 sites.

After `figure:` comes the path in summary.json: keys joined by dots, a row of a list by what it holds, as in
`zones[level=city, adcode=441800].nr.share`. The figure is the number that follows the comment; with a % behind it,
the value is a share times 100.
As many decimals as the page writes are compared, rounded down as in the reports; thousands may be split by commas.
"""

from __future__ import annotations

import json
import re
import sys
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

MARK = re.compile(r"<!--\s*figure:\s*(?P<way>.+?)\s*-->")
NUMBER = re.compile(r"[\s*`]*(?P<number>-?\d[\d,]*(?:\.\d+)?)(?P<percent>\s*%)?")
STEP = re.compile(r"(?P<key>[^.\[\]]+)(?:\[(?P<choice>[^\]]*)\])?(?:\.|$)")


def value_at(summary: Any, way: str) -> Any:
    """The value in the summary at a path such as `zones[adcode=441800].nr.share`. ValueError says where the path ends."""
    here, place = summary, 0
    while place < len(way):
        step = STEP.match(way, place)
        if step is None:
            raise ValueError(f"{way}: cannot be read at {way[place:]!r}")
        key, place = step["key"].strip(), step.end()
        if not isinstance(here, dict) or key not in here:
            raise ValueError(f"{way}: summary.json has no {key!r} there")
        here = here[key]
        if step["choice"] is not None:
            wanted = dict(tuple(part.strip() for part in pair.split("=", 1)) for pair in step["choice"].split(","))
            rows = [row for row in here if all(str(row.get(name)) == text for name, text in wanted.items())]
            if len(rows) != 1:
                raise ValueError(f"{way}: {len(rows)} rows of {key!r} hold {step['choice']}, not one")
            here = rows[0]
    return here


def as_written(value: Any, number: str, percent: bool) -> str:
    """The value as a page writes it: as many decimals as `number` has, rounded down, commas where it has them."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    decimals = len(number.partition(".")[2])
    exact = Decimal(repr(value)) * (100 if percent else 1)
    shown = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_FLOOR)
    return f"{shown:,f}" if "," in number or abs(shown) < 1000 else f"{shown:f}"


def faults_of(page: str, summary: Any) -> tuple[list[str], int]:
    """One line for each figure that does not hold, and how many figures the page marks."""
    faults, marks = [], list(MARK.finditer(page))
    for mark in marks:
        line = page.count("\n", 0, mark.start()) + 1
        found = NUMBER.match(page, mark.end())
        if found is None:
            faults.append(f"line {line}: no number follows the mark of {mark['way']}")
            continue
        try:
            right = as_written(value_at(summary, mark["way"]), found["number"], bool(found["percent"]))
        except ValueError as error:
            faults.append(f"line {line}: {error}")
            continue
        if right != found["number"]:
            faults.append(f"line {line}: {mark['way']} is {right}{' %' if found['percent'] else ''}, the page says {found['number']}")
    return faults, len(marks)


def main(arguments: list[str]) -> int:
    """0 where every marked figure holds, 1 where one does not, 2 where the call is wrong."""
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    summary, wrong = json.loads(Path(arguments[0]).read_text(encoding="utf-8")), 0
    for name in arguments[1:]:
        faults, count = faults_of(Path(name).read_text(encoding="utf-8"), summary)
        for fault in faults:
            print(f"{name}, {fault}", file=sys.stderr)
        print(f"{name}: {count - len(faults)} of {count} figures as in {Path(arguments[0]).name}")
        wrong += len(faults)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
