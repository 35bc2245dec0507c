"""What codes of layers, receivers and models are called; a code the catalogue does not know stays as it is."""

from __future__ import annotations

from infraplan.messages import both, catalogue, say
from infraplan.tables.families import family_name


def word(group: str, code: str, lang: str) -> str:
    """The catalogue's name of a code, or the code."""
    return say(f"policy.{group}_{code}", lang) if f"{group}_{code}" in catalogue("policy") else code


def rent_measure(number: str) -> str:
    """The measure that waives the rent of public premises, as sentences about it name it; "" where no policy of the study has one."""
    return both("general.rent_measure", number=number) if number else ""


def layer_name(layer: str, lang: str) -> str:
    """What the data lacks, in words: classes joined by 、, "table.column", "class (polygons)", "coverage family"."""
    if layer.endswith(" (polygons)"):
        return say("policy.layer_polygons", lang, layer=layer_name(layer.removesuffix(" (polygons)"), lang))
    if layer.startswith("coverage "):
        family = layer.removeprefix("coverage ")
        return say("policy.layer_coverage", lang, family=family_name(family))
    table, dot, column = layer.partition(".")
    if dot:
        return say("policy.layer_column", lang, table=word("layer", table, lang), column=column)
    return ("、" if lang == "zh" else ", ").join(word("layer", part, lang) for part in layer.split("、"))
