"""Sentences about a plan: who is served when every signal is weaker, the people expected, and the plan at the low end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample import sample_contexts

from infraplan.report.blocks import Paragraph
from infraplan.report.county_pages import county_context
from infraplan.report.method_lines import method_lines
from infraplan.report.page_context import PageContext
from infraplan.report.plan_words import bound_sentences, build_or_share, nothing_to_build, plan_note, robust_sentences
from infraplan.report.sections import body_of
from infraplan.report.words import Words
from infraplan.siting.build_alone import BuildAlone
from infraplan.siting.capacity import CapacityInUse
from infraplan.siting.low_end import LowEnd

LATER = {"0": 95_000, "3": 90_100, "6": 84_200, "10": 71_300}
TODAY = {"0": 60_000, "3": 50_100, "6": 40_200, "10": 30_300}


@pytest.fixture(scope="module")
def province() -> PageContext:
    context = sample_contexts(per_county=4, sites_per_county=2, resolution_m=4000.0)[0]

    def counted(served: dict[str, int], expected: int) -> dict[str, object]:
        shares = {lost: count / 100_000 for lost, count in served.items()}
        return {"served_if_weaker": served, "share_if_weaker": shares, "expected_people": expected}

    row = {"family": "nr", "population": 100_000, **counted(LATER, 91_234), "today": counted(TODAY, 55_678)}
    assert context.plan is not None
    return replace(context, plan=replace(context.plan, shares={"nr-pop90": row}))


def body(context: PageContext, words: Words) -> str:
    """The running text of the report."""
    return "\n".join(block.text for block in body_of(context, words, ()) if isinstance(block, Paragraph))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_say_who_is_served_when_every_signal_is_weaker(province: PageContext, lang: str) -> None:
    words = Words(lang).about(province)
    weaker, expected = robust_sentences(province, words)
    for count in (*list(LATER.values())[1:], *list(TODAY.values())[1:]):
        assert f"{count:,}" in weaker and f"{count / 1000:.1f}%" in weaker
    assert "95,000" not in weaker
    assert "91,234" in expected and "55,678" in expected and ("我们的口径" if lang == "zh" else "our interpretation") in expected
    assert weaker in body(province, words) and expected in body(province, words)


def test_a_part_without_a_site_does_not_say_that_the_goal_is_met() -> None:
    """A county in which the plan builds nothing is not one whose goal is met, unless the whole plan builds nothing."""
    city = sample_contexts(per_county=4, sites_per_county=2, resolution_m=4000.0)[1][0]
    assert city.plan is not None
    city = replace(city, plan=replace(city.plan, status="optimal", whole=False), plan_sites=city.plan_sites.iloc[:0])
    county, words = county_context(city, city.counties[0][0]), Words("zh")
    assert county.plan is not None and county.plan.sites == 0
    assert "方案在本区域不新建站点" in nothing_to_build(county, words)
    met = replace(county, plan=replace(county.plan, cost_bound=0.0, proven_gap=0.0))
    assert "目标已经达到" in nothing_to_build(met, words)


@pytest.mark.parametrize("status", ["feasible", "unreachable", "short"])
def test_pages_tell_both_plans(province: PageContext, status: str) -> None:
    assert province.plan is not None
    low = LowEnd(6.0, 77, 41_000_000, 40_000_000, 0.024, status, 100_000, 40_200, 88_800)
    context = replace(province, plan=replace(province.plan, low_end=low))
    for lang in ("zh", "en"):
        words = Words(lang).about(context)
        said = robust_sentences(context, words)[0]
        assert "77" in said and words.money(41_000_000) in said and "6 dB" in said
        assert words.money(40_000_000, least=True) in said
        assert ("88.8%" in said) == (status != "feasible")
        assert said in body(context, words)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_plan_that_falls_short_states_what_its_goal_costs_at_least_and_never_0(province: PageContext, lang: str) -> None:
    assert province.plan is not None
    low = LowEnd(6.0, 77, 41_000_000, None, 1.0, "short", 100_000, 40_200, 88_800)
    short = replace(province.plan, status="short", proven_gap=1.0, low_end=low)
    words = Words(lang).about(province)
    zero, not_proven = words.money(0, least=True), "没有证明" if lang == "zh" else "not proven"
    for bound in (606_000_000, None):
        context = replace(province, plan=replace(short, cost_bound=bound))
        (said,), second = bound_sentences(context, words), robust_sentences(context, words)[0]
        assert ("60,600.0" in said or "606.00" in said) == (bound is not None) and (not_proven in said) == (bound is None)
        assert said in "\n".join(line for _, line in method_lines(context, words)) and said in body(context, words)
        assert zero not in said and zero not in second and words.money(41_000_000) in second
    missed = robust_sentences(replace(province, plan=replace(province.plan, low_end=low)), words)[0]
    assert not_proven in missed and zero not in missed


@pytest.mark.parametrize("saving", [(5_000_000, 4_000_000, 6_000_000), (None, None, None)])
def test_pages_tell_what_sharing_saves(province: PageContext, saving: tuple[int | None, int | None, int | None]) -> None:
    assert province.plan is not None
    status = "short" if saving[0] is None else "feasible"
    alone = BuildAlone("cbn+cmcc", 88, 46_000_000, 45_000_000, 0.02, status, 100_000, 50_000, 81_000, *saving)
    context = replace(province, plan=replace(province.plan, build_alone=alone))
    for lang, name in (("zh", "移动+广电"), ("en", "Mobile + Broadnet")):
        words = Words(lang).about(context)
        (said,) = build_or_share(context, words)
        assert "88" in said and words.money(46_000_000) in said and name in said and said in body(context, words)
        for amount in saving:
            assert amount is None or words.money(amount) in said
        assert ("81" in said and "%" in said) if saving[0] is None else words.money(45_000_000, least=True) in said
    assert build_or_share(replace(context, level="city"), Words("zh").about(context)) == []


def test_a_city_and_an_unchecked_plan_say_nothing(province: PageContext) -> None:
    words = Words("zh").about(province)
    assert robust_sentences(replace(province, level="city"), words) == []
    assert province.plan is not None
    assert robust_sentences(replace(province, plan=replace(province.plan, shares={})), words) == []


def test_the_note_says_how_many_people_a_site_serves(province: PageContext) -> None:
    spectrum, number = CapacityInUse("nr", 4_361, 13_085, True), CapacityInUse("nr", 500, 500, False, ("lte",))
    for capacity, texts in (
        (None, ("只按覆盖选址", "coverage only")),
        (spectrum, ("4,361–13,085", "spectral efficiency")),
        (number, ("500 名常住人口", "as the study states", "4G只按覆盖规划", "4G is planned for coverage only")),
    ):
        assert province.plan is not None
        shown = replace(province, plan=replace(province.plan, capacity=capacity))
        note = "".join(plan_note(shown, Words(lang).about(shown)) for lang in ("zh", "en"))
        assert all(text in note for text in texts), note
