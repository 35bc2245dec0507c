"""Codes as people read them."""

from __future__ import annotations

import pytest

from infraplan.messages import catalogue
from infraplan.policy.layer_names import layer_name
from infraplan.policy.targets import read_policy
from infraplan.presets import load, names


@pytest.mark.parametrize(
    ("layer", "zh", "en"),
    [
        ("school", "学校", "schools"),
        ("estate、office_building", "住宅小区、商务楼宇", "residential estates, office buildings"),
        ("villages.fibre", "村庄表的“fibre”列", "column fibre of villages"),
        ("park (polygons)", "工业园区的面", "polygons of industrial parks"),
        ("coverage lte", "4G覆盖预测", "prediction of 4G"),
        ("my_register", "my_register", "my_register"),
    ],
)
def test_what_is_lacking_in_words(layer: str, zh: str, en: str) -> None:
    assert (layer_name(layer, "zh"), layer_name(layer, "en")) == (zh, en)


def test_presets_use_no_class_without_a_word() -> None:
    words = catalogue("policy")
    for name in names("policies"):
        for row in read_policy(name):
            for layer in (*row.place_classes, *row.line_classes, *([row.register] if row.register else [])):
                assert f"layer_{layer}" in words, layer
    assert all(f"receiver_{name}" in words for name in load("radio_environment")["receivers"])
