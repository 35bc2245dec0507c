"""The evidence of a figure, one sentence a row: layer, model, resolution, reliability, what is uncertain and what is measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from infraplan.messages import LANGUAGES, Bilingual, say
from infraplan.policy.counted_units import Units
from infraplan.policy.layer_names import layer_name
from infraplan.policy.layers import Layers
from infraplan.policy.schema import RADIO
from infraplan.policy.targets import Target
from infraplan.policy.zone_sums import Table
from infraplan.tables.language import Speech


def evidence_texts(
    target: Target, network: str, units: Units, table: Table, layers: Layers, nothing: npt.NDArray[np.object_]
) -> list[Bilingual]:
    """One bilingual text a row of `table` (numerator, denominator, uncertain, unknown, and what it means that `nothing` is counted)."""
    if len(nothing) and (nothing == "out_of_scope").all() and target.measure != "none":
        outside = [say("policy.evidence_out_of_scope", lang, scope=_scope(target, lang)) for lang in LANGUAGES]
        return [Bilingual(*outside)] * len(table["zone"])
    common = {lang: _common(target, network, units, layers, lang) for lang in LANGUAGES}
    if units.absent:
        return [Bilingual(common["zh"], common["en"])] * len(table["zone"])
    total = table["denominator"]
    with np.errstate(invalid="ignore", divide="ignore"):
        unsure = np.where(total > 0, table["uncertain"] / total, 0.0)
        rests = np.where(total > 0, table["measured"] / total, 0.0)
    unknown = table["unknown"]
    positioned = target.shape in ("population_share", "place_share", "place_count")
    memo: dict[Any, Bilingual] = {}

    def text(unsure_share: float, unknown_units: float, measured_share: float, nothing: str) -> Bilingual:
        key = round(unsure_share, 4), round(unknown_units, 1), round(measured_share, 4), nothing
        if key not in memo:
            memo[key] = Bilingual(*(Speech(lang).joined([common[lang], *_own(lang, *key, positioned)]) for lang in LANGUAGES))
        return memo[key]

    return [text(*row) for row in zip(unsure, unknown, rests, nothing.tolist(), strict=True)]


def _own(lang: str, unsure: float, unknown: float, rests: float, nothing: str, positioned: bool) -> list[str]:
    """The part of the evidence that is valid for one row alone."""
    if nothing:
        return [say(f"policy.evidence_{nothing}", lang)]
    pieces = [say("policy.evidence_uncertain", lang, share=f"{unsure:.2%}")] if positioned else []
    if rests:
        pieces.append(say("policy.evidence_measured", lang, share=f"{rests:.2%}"))
    if unknown:
        pieces.append(say("policy.evidence_unknown", lang, count=f"{unknown:g}"))
    return pieces


def _worded(values: dict[str, object], lang: str) -> dict[str, object]:
    """Values of a note with codes as words."""
    worded = dict(values)
    if "layer" in values:
        worded["layer"] = layer_name(str(values["layer"]), lang)
    if "near" in values:
        worded["near"] = layer_name(str(values["near"]), lang)
    if "receiver" in values:
        worded["receiver"] = Speech(lang).receiver(str(values["receiver"]))
    return worded


def _scope(target: Target, lang: str) -> str:
    return target.scope_name_en if lang == "en" else target.scope_name


def _common(target: Target, network: str, units: Units, layers: Layers, lang: str) -> str:
    """The part of the evidence that is valid for every row of a target on one network."""
    if target.measure == "none":
        return say("policy.evidence_none", lang, reason=target.reason_en if lang == "en" and target.reason_en else target.reason)
    pieces: list[str] = []
    cover, speech = layers.cover, Speech(lang)
    if target.shape in RADIO and not units.absent:
        pieces.append(
            say(
                "policy.evidence_prediction",
                lang,
                family=speech.family(target.family),
                model=speech.code("model", cover.model),
                resolution=f"{cover.grid.resolution_m:g}",
                reliability=f"{cover.reliability:.0%}",
                receiver=speech.receiver(target.receiver or cover.receiver(target.family)),
            )
        )
        if target.coupling_class_db is not None:
            pieces.append(say("policy.evidence_class", lang, mcl=target.coupling_class_db))
    pieces += [say(f"policy.{key}", lang, **_worded(values, lang)) for key, values in units.notes]
    if not target.provincial:
        pieces.append(say("policy.evidence_scope", lang, scope=_scope(target, lang)))
    if target.interpretation and (target.reading or target.reading_en):
        pieces.append(
            say("policy.evidence_reading", lang, reading=target.reading_en if lang == "en" and target.reading_en else target.reading)
        )
    elif target.reading:
        pieces.append(target.reading_en if lang == "en" and target.reading_en else target.reading)
    if target.policy.draft:
        rests = target.rests_on_en if lang == "en" and target.rests_on_en else target.rests_on
        pieces.append(say("policy.evidence_draft", lang, source=rests or target.policy.source))
    if target.beside:
        pieces.append(say("policy.evidence_beside", lang))
    if target.measure == "reported" and target.figure == "" and not units.absent:
        pieces.append(say("policy.evidence_reported", lang, register=layer_name(target.register, lang)))
    return speech.joined(pieces)
