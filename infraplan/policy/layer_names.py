"""Names of layers and measures of a policy in sentences; `tables.language.Speech` words other codes."""

from __future__ import annotations

from infraplan.messages import both, say
from infraplan.tables.families import family_name
from infraplan.tables.language import Speech


def rent_measure(number: str) -> str:
    """The measure that waives the rent of public premises, as sentences about it name it; "" where no policy of the study has one."""
    return both("general.rent_measure", number=number) if number else ""


def layer_name(layer: str, lang: str) -> str:
    """The name of a layer that the data lacks: classes joined by 、, "table.column", "class (polygons)", "coverage family"."""
    if layer.endswith(" (polygons)"):
        return say("policy.layer_polygons", lang, layer=layer_name(layer.removesuffix(" (polygons)"), lang))
    if layer.startswith("coverage "):
        family = layer.removeprefix("coverage ")
        return say("policy.layer_coverage", lang, family=family_name(family))
    table, dot, column = layer.partition(".")
    if dot:
        return say("policy.layer_column", lang, table=Speech(lang).code("layer", table), column=column)
    speech = Speech(lang)
    return speech.joined([speech.code("layer", part) for part in layer.split("、")], "、")
