"""Every key of summary.json: its unit and what it means. A new key is one line here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Key:
    """One key, by the path to it from the top: "[]" means each row of a list, "{family}" and such for a name of the data.

    `rows`: the table of `outputs` whose columns the rows of a list have; they are not listed again. `maybe`: it is there only where
    the study has the data for it.
    """

    way: str
    zh: str
    en: str
    unit: str = ""
    rows: str = ""
    maybe: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """Pattern of the paths that the key describes."""
        anything = re.sub(r"\\\{way\\\}", r".+", re.escape(self.way))
        return re.compile(re.sub(r"\\\{\w+\\\}", r"[^.\[\]]+", anything))


K = Key
MONEY = "money"
"""Unit of keys that are in the study's currency."""
WHO = "每种制式：按 `receivers` 所示位置接收，任一运营商"
LINES = (
    ("family", "线路目标：制式", "of each target of lines: family", ""),
    ("must", "是否须全程服务（不计隧道）", "whether every piece must be served (tunnels left out)", ""),
    ("total_km", "计入的里程", "kilometres counted", "km"),
    ("required_km", "要求服务的里程", "kilometres required", "km"),
    ("served_km", "方案建成后已服务的里程，按含新站的地图计", "kilometres served on the map with the plan's sites", "km"),
    ("share", "占比；没有里程为 null", "share, null without lines", "share"),
    ("met", "是否达到", "whether it is met", ""),
    ("today.served_km", "现有网络已服务的里程", "kilometres served by the existing network", "km"),
    ("today.share", "现有网络的占比", "share of the existing network", "share"),
)
WEAK_CELLS = (
    ("family", "弱覆盖栅格：制式", "of measured weak cells: family", ""),
    ("count", "按栅格 cells 或采样点 samples 计", "counted by cells or samples", ""),
    ("weak", "弱覆盖栅格（或其采样点）数", "weak cells, or their samples", ""),
    ("required", "要求覆盖的数", "of them to be covered", ""),
    ("covered", "由一个新站独立覆盖的数", "covered by one new site alone", ""),
    ("share", "占比；没有弱覆盖栅格为 null", "share, null without weak cells", "share"),
    ("met", "是否达到", "whether it is met", ""),
    ("measured", "计入的全部栅格（或采样点）数", "all cells that count, or their samples", ""),
    ("good_share_before", "其中现在不弱的占比", "share of them that is not weak today", "share"),
    ("good_share_after", "方案建成后的占比", "the same with the plan", "share"),
)
CONNECTIONS = (
    ("fibre", "新址站：沿道路接光缆的", "sites on new positions: connected by fibre along the roads"),
    ("microwave", "接一跳微波的", "by one microwave hop"),
    ("straight", "无路无视距、按直线距离计价的", "with neither road nor line of sight, priced by the straight line"),
    ("none", "接不通的", "that nothing reaches"),
    ("in_use", "在用站址上无须新接的站", "sites on masts in use, which need no new connection"),
)
FIBRE = (
    ("lacking", "条款所计、未通光纤的村", "villages of the clause without fibre", "villages"),
    ("target", "条款", "the clause", ""),
    ("currency", "币种", "currency", ""),
    ("villages", "方案接入的村", "villages that the plan connects", "villages"),
    ("households", "方案接入的户数", "households that the plan connects", ""),
    ("no_line", "没有通向光纤节点的道路的村", "villages that no line joins to a node", "villages"),
    ("not_stated", "未填报是否通光纤的村；part 为 null", "villages that do not say; null for a part", "villages"),
    ("with_fibre", "已通光纤的村；part 为 null", "villages with fibre; null for a part", "villages"),
    ("cost", "费用；一部分为各村分摊之和", "cost; of a part the shares of its villages", MONEY),
    ("bound", "任何方案不低于的费用；part 为 null", "no plan costs less; null for a part", MONEY),
    ("proven_gap", "与下界的差距；part 为 null", "gap to the bound; null for a part", "share"),
    ("new_km", "新建长度", "newly built", "km"),
    ("existing_km", "利用既有管道杆路的长度", "along existing duct or poles", "km"),
    ("award", "每村奖补", "award a village", MONEY),
    ("award_villages", "奖补可覆盖的村（启发式）", "villages that the award pays for (a heuristic)", "villages"),
    ("award_cost", "接这些村的费用；part 为 null", "what connecting them costs; null for a part", MONEY),
    ("award_paid", "付出的奖补；part 为 null", "what the award pays; null for a part", MONEY),
    ("subsidy", "补贴情景的比例", "share that the subsidy of the scenario pays", "share"),
    ("subsidy_villages", "奖补加补贴可覆盖的村", "villages that award and subsidy pay for", "villages"),
    ("subsidy_cost", "接这些村的费用；part 为 null", "what connecting them costs; null for a part", MONEY),
    ("radio_limit", "无线更省的限额，没有为 null", "the limit for radio, null for none", MONEY),
    ("radio_cheaper", "超过限额的村", "villages that cost more than the limit", "villages"),
)
KEYS = (
    K("schema_version", "本文件的格式版本；键取消或含义改变时加一。没有这个键的是第 1 版，`targets` 是全部行", "version of this form, raised when a key goes or changes its meaning; without it the form is 1, whose `targets` has every row"),
    K("study", "项目名称", "name of the study"),
    K("zone.level", "province 为整个项目，city 为一个地市", "province for the whole study, city for one city"),
    K("zone.adcode", "区划代码；跨省的项目为空", "code of the zone, empty for a study of several provinces"),
    K("zone.name", "名称", "name"),
    K("as_of", "数据截至日，未填为 null", "day of the data, null where the study states none", "date"),
    K("report_date", "报告日期，未填为 null", "day of the report, null where the study states none", "date"),
    K("version", "infraplan 的版本", "version of infraplan"),
    K("edition", "版本：internal 内部资料，public 公开版", "internal, or public without sites and villages"),
    K("synthetic", "是否含合成数据", "whether any of the data is made up"),
    K("units.{way}", "本文件各键的单位，由本表写出", "units of the keys of this file, from this very table"),
    K("headline.text.{language}[]", "首段文字，每种制式一段，zh 或 en", "the first lines, a paragraph a family, zh or en"),
    K("headline.verdict.{family}", "对照人口目标：met 达到、not_met 未达到、uncertain 不能判定；example、none、part 为不作判定的原因", "against the goal for people: met, not_met, uncertain; or why there is no verdict: example, none, part"),
    K("headline.figures[]", "首段下的表", "the table below the first lines", rows="headline"),
    K("city_order", "地市官方顺序的名称，或按顺序列出的代码，空为按代码", "name of the official order of the cities, or their codes in order; empty lists them by code"),
    K("population_basis", "resident 常住或 registered 户籍人口", "resident or registered people"),
    K("model[]", "所用传播模型", "propagation models used"),
    K("resolution_m", "像元边长", "side of a pixel", "m"),
    K("reliability", "覆盖概率，按 `reliability_of`", "coverage probability, of `reliability_of`", "share"),
    K("reliability_of", "area 为面积覆盖概率", "area: probability over the area"),
    K("bare_earth", "有地形而没有地物", "terrain without clutter on it"),
    K("receivers.{family}", "各制式按哪里的接收判断：outdoor 室外、indoor 室内", "where the devices of each family are: outdoor, indoor"),
    K("signal_band_db", "`_weaker`、`_stronger` 所用的信号整体偏差", "by how much every signal is off in `_weaker` and `_stronger`", "dB"),
    K("capped_sites", "计算半径截断了服务的站点数", "sites still serving where their computation ended", "sites"),
    K("capped_by_family.{family}", "同上，分制式", "the same by family", "sites"),
    K("caps_km.{family}", "计算半径", "radius of computation", "km"),
    K("population.total", "居民点人口合计", "all people of the villages", "people"),
    K("population.{family}.served", f"已覆盖人口。{WHO}", "served, where `receivers` says, by any operator", "people"),
    K("population.{family}.uncertain", "待核实：位置误差内结论不一", "the answer flips within the position error", "people"),
    K("population.{family}.unserved", "未覆盖", "unserved", "people"),
    K("population.{family}.share", "已覆盖占比，没有人口为 null", "served over all, null of nobody", "share"),
    K("population.{family}.measured", "以实测为准的人口", "people whose answer rests on measurement", "people"),
    K("population.{family}.partial_not_spot", "部分网络有服务、部分没有的人口；地图上不足两个网络为 null", "people whom some networks serve and others do not; null where the map shows fewer than two networks", "people"),
    K("population.{family}.total_not_spot", "各网都没有服务的人口", "people whom no network serves", "people"),
    K("population.{family}.receiver", "接收位置", "where the devices are"),
    K("population.{family}.served_{band}", "所有信号偏弱（weaker）或偏强（stronger）时已覆盖", "served if every signal were weaker, stronger", "people"),
    K("population.{family}.share_{band}", "同上，占比", "the same as a share", "share"),
    K("population.{family}.other_receiver", "另一接收位置", "the other receiver", maybe=True),
    K("population.{family}.other_served", "另一位置已覆盖", "served there", "people", maybe=True),
    K("population.{family}.other_uncertain", "另一位置待核实", "uncertain there", "people", maybe=True),
    K("population.{family}.other_unserved", "另一位置未覆盖", "unserved there", "people", maybe=True),
    K("population.{family}.other_share", "另一位置占比", "share there", "share", maybe=True),
    K("zones[].level", "区划级别；outside 为区划以外", "level of the zone; outside: beyond every zone"),
    K("zones[].adcode", "区划代码", "code of the zone"),
    K("zones[].name", "区划名称", "name of the zone"),
    K("zones[].name_en", "区划英文名称，区划表没有时不写", "its English name, where the table of zones has one", maybe=True),
    K("zones[].population", "人口", "people", "people"),
    K("zones[].served.{family}", "已覆盖人口", "people served", "people"),
    K("zones[].{family}.served", "已覆盖", "served", "people"),
    K("zones[].{family}.uncertain", "待核实", "uncertain", "people"),
    K("zones[].{family}.unserved", "未覆盖", "unserved", "people"),
    K("zones[].{family}.share", "已覆盖占比", "served over all", "share"),
    K("zones[].{family}.partial_not_spot", "部分网络有服务、部分没有的人口；地图上不足两个网络为 null", "people whom some networks serve and others do not; null where the map shows fewer than two networks", "people"),
    K("zones[].{family}.total_not_spot", "各网都没有服务的人口", "people whom no network serves", "people"),
    K("zones[].{family}.receiver", "接收位置", "where the devices are"),
    K("zones[].{family}.served_{band}", "信号偏弱、偏强时已覆盖", "served if every signal were weaker, stronger", "people"),
    K("zones[].{family}.share_{band}", "同上，占比", "the same as a share", "share"),
    K("zones[].{family}.other_receiver", "另一接收位置，没有为空", "the other receiver, empty for none"),
    K("zones[].{family}.other_served", "另一位置已覆盖", "served there", "people"),
    K("zones[].{family}.other_share", "另一位置占比", "share there", "share"),
    K("quality.load", "SINR 和速率：同频其他扇区发射的时间占比；没有计算时 quality 为 null", "SINR and rates: share of time that every other sector on the carrier sends; quality is null where they were not counted", "share", maybe=True),
    K("quality.active_users", "多用户速率：均分一个扇区的用户数", "rates of several users: devices that share a sector", maybe=True),
    K("quality.sinr_db", "SS-SINR 下限", "least SS-SINR", "dB", maybe=True),
    K("quality.downlink_mbps", "下行速率下限", "least downlink rate", "Mbit/s", maybe=True),
    K("quality.uplink_mbps", "上行速率下限", "least uplink rate", "Mbit/s", maybe=True),
    K("quality.rows[]", "本级区划的各网络，下级区划的任一运营商，各接收位置", "each network of this zone, any operator of those below, each receiver", rows="quality", maybe=True),
    K("evidence[].item", "依据的项目：模型、实测、抽样核查", "what speaks for the figures: the model, measurements, samples"),
    K("evidence[].content", "内容：是否校准和校准后的误差，实测行数，抽样推算的占比和区间", "calibrated or not and its error, rows measured, the share and interval of samples"),
    K("networks[]", "任一运营商和各共享网络；本级和下一级区划", "any operator and each shared network; zones of this level and the next", rows="population"),
    K("targets[]", "记分牌中本级区划的行；全部行和全部列在同一文件夹的 targets.csv", "rows of the scorecard of this level; all rows and columns are in targets.csv beside this file", rows="scorecard"),
    K("targets_by_status.{level}.{status}", "targets.csv 中各级、各判定状态的行数", "rows of targets.csv by level and verdict", "rows"),
    K("gaps.villages.{family}.lacking", "缺口：缺这种制式的村和城镇居民点，一处计一次", "villages and blocks that lack the family, each once", "villages"),
    K("gaps.villages.{family}.uncertain", "其中只是待核实的", "of them only uncertain", "villages"),
    K("gaps.villages.{family}.asked", "各目标所问的村，null 为不明", "villages that targets ask about, null where not known", "villages"),
    K("gaps.places.lacking", "有缺口的场所和线路", "places and lines that lack anything", "places"),
    K("gaps.places.uncertain", "其中只是待核实的", "of them only uncertain", "places"),
    K("gaps.places.asked", "各目标所问的场所和线路", "places and lines that targets ask about", "places"),
    K("gaps.sites.lacking", "有缺口的现有站点", "existing sites that lack what is asked of them", "sites"),
    K("gaps.sites.uncertain", "其中只是待核实的", "of them only uncertain", "sites"),
    K("gaps.sites.asked", "各目标所问的站点", "sites that targets ask about", "sites"),
    K("sites", "现有站点记录数，不含规划和退网的", "records of existing sites, without planned and retired ones", "sites"),
    K("warnings[].file", "读入时的提醒：文件", "what the readers noticed: file"),
    K("warnings[].message", "是什么", "what it is"),
    K("warnings[].cure", "怎么办", "how to fix"),
    K("warnings[].rule", "规则代码", "key of the rule"),
    K("warnings[].sheet", "工作表", "sheet"),
    K("warnings[].row", "行号，null 为整个文件", "row, null for the file as a whole"),
    K("warnings[].column", "列", "column"),
    K("warnings[].value", "单元格的值", "value of the cell"),
    K("warnings[].severity", "warning", "warning"),
    K("warnings[].count", "同类提醒的条数", "how many of the kind", "rows"),
    K("plan.scope", "whole 为整个方案；part 为方案在本市的部分，只属于整个方案的键此时为 null", "whole; or part: what of a larger plan concerns this city, and null for what only the whole plan has"),
    K("plan.goal.target", "方案要达到的目标", "target the plan must reach"),
    K("plan.goal.family", "制式", "family"),
    K("plan.goal.share", "要求的人口占比", "share of people asked", "share"),
    K("plan.goal.county_floor", "每个县（市、区）至少达到的占比", "share each county must reach", "share"),
    K("plan.goal.cities[]", "只为这些地市规划，空为整个项目", "planned for these cities alone, empty for the whole study"),
    K("plan.goal.margin_db", "规划余量", "planning margin", "dB"),
    K("plan.goal.scope[]", "目标所指的地市，空为全部", "cities the target names, empty for all"),
    K("plan.goal.coupling_class_db", "NB-IoT 耦合损耗等级", "coupling-loss class of NB-IoT", "dB"),
    K("plan.goal.others[].target", "同一方案还要达到的目标，及其制式、占比", "further targets of the same plan, with family and share"),
    K("plan.goal.others[].family", "制式", "family"),
    K("plan.goal.others[].share", "占比", "share", "share"),
    K("plan.goal.others[].scope[]", "目标所指的地市", "cities the target names"),
    K("plan.goal.others[].coupling_class_db", "NB-IoT 耦合损耗等级", "coupling-loss class of NB-IoT", "dB"),
    K("plan.goal.must[]", "场所或线路必须全部服务的目标", "targets whose places, or lines, must all be served"),
    K("plan.goal.lines[].target", "方案要达到的线路目标；只有线路目标时 plan.goal.share 为 0", "targets of lines the plan must reach; with lines alone plan.goal.share is 0", maybe=True),
    K("plan.goal.lines[].family", "制式", "family", maybe=True),
    K("plan.goal.lines[].share", "要求的里程占比", "share of the kilometres asked", "share", maybe=True),
    K("plan.goal.weak_grid.share", "弱覆盖栅格要求覆盖的占比；没有栅格时 plan.goal.weak_grid 为 null", "share of the measured weak cells asked; plan.goal.weak_grid is null without any", "share", maybe=True),
    K("plan.goal.weak_grid.count", "按栅格 cells 或采样点 samples 计", "counted by cells or samples", maybe=True),
    K("plan.goal.weak_grid.below_dbm", "平均RSRP低于此值（dBm）为弱覆盖", "a cell is weak below this mean RSRP, in dBm", maybe=True),
    K("plan.goal.weak_grid.operators[]", "计入其栅格的运营商", "operators whose cells count", maybe=True),
    K("plan.goal.weak_grid.families[]", "计入的制式", "families that count", maybe=True),
    K("plan.target", "同 plan.goal.target", "as plan.goal.target"),
    K("plan.family", "同 plan.goal.family", "as plan.goal.family"),
    K("plan.required_share", "同 plan.goal.share", "as plan.goal.share", "share"),
    K("plan.county_floor", "同 plan.goal.county_floor", "as plan.goal.county_floor", "share"),
    K("plan.cities[]", "同 plan.goal.cities", "as plan.goal.cities"),
    K("plan.margin_db", "同 plan.goal.margin_db；人口按不低于它的信号计", "as plan.goal.margin_db; people count from it on", "dB"),
    K("plan.sites", "新站数；清单在 plan.gpkg 的 new_sites", "new sites; their list is new_sites of plan.gpkg", "sites"),
    K("plan.currency", "费用的币种，ISO 4217 代码", "currency of all money of the plan, ISO 4217"),
    K("plan.cost", "费用", "cost", MONEY),
    K("plan.cost_low", "同样的站点，各项费用都取低值", "cost of the same sites, every figure of the costs low", MONEY),
    K("plan.cost_high", "同样的站点，各项费用都取高值", "cost of the same sites, every figure of the costs high", MONEY),
    K("plan.cost_low_cny", "同 plan.cost_low；仅当币种为 CNY", "as plan.cost_low, where the currency is CNY", "CNY", maybe=True),
    K("plan.cost_high_cny", "同 plan.cost_high；仅当币种为 CNY", "as plan.cost_high, where the currency is CNY", "CNY", maybe=True),
    K("plan.cost_cny", "同 plan.cost；仅当币种为 CNY", "as plan.cost, where the currency is CNY", "CNY", maybe=True),
    K("plan.asked", "cheapest 为最省，most 为预算或站数内覆盖最多", "cheapest, or most people within a budget or a number of sites"),
    K("plan.cost_bound", "模型内达到目标的任何方案不低于的费用，方案没有达到目标时也如此；没有证明的、most 为 null", "within the model no plan that reaches the goal costs less, also where this plan falls short of it; null where nothing is proven, and for most", MONEY),
    K("plan.bound_cny", "同 plan.cost_bound；仅当币种为 CNY", "as plan.cost_bound, where the currency is CNY", "CNY", maybe=True),
    K("plan.bound", "上下界：cheapest 为费用（同 plan.cost_bound）；most 为人数，或加权人数，与 worth 相比", "the bound: money for cheapest (as plan.cost_bound); for most people, or weighted people, to be compared with worth"),
    K("plan.proven_gap", "与界之差占比，1 为没有达到目标", "distance to the bound, 1 where the plan falls short of the goal", "share"),
    K("plan.proven", "证明的范围：within the model（候选站、费用、预测，以及每个点由一个新站独立覆盖）", "what the proof holds for: within the model (candidates, costs, predictions, each point served by one new site alone)"),
    K("plan.refuted_bounds", "被已知方案推翻、因而弃用的求解器界限数", "bounds of the solver that were rejected because a known plan contradicts them"),
    K("plan.substitutes", "各站的替代站址：found 已找；budget、missed 为没有计算的原因", "what replaces each site: found; or why it is not said: budget, missed"),
    K("plan.low_end.currency", "低端方案（每个信号都弱 band_db）的币种；没有为 null", "currency of the plan at the low end (every signal band_db weaker); null where there is none", maybe=True),
    K("plan.low_end.band_db", "每个信号弱多少", "by how much every signal is weaker", "dB", maybe=True),
    K("plan.low_end.sites", "新站数", "new sites", "sites", maybe=True),
    K("plan.low_end.cost", "达到同一目标的费用", "what the same goal costs", MONEY, maybe=True),
    K("plan.low_end.cost_cny", "同上；仅当币种为 CNY", "the same, where the currency is CNY", "CNY", maybe=True),
    K("plan.low_end.cost_bound", "模型内达到目标的任何方案不低于的费用；没有证明为 null", "within the model no plan that reaches the goal costs less; null where nothing is proven", MONEY, maybe=True),
    K("plan.low_end.bound_cny", "同上；仅当币种为 CNY", "the same, where the currency is CNY", "CNY", maybe=True),
    K("plan.low_end.proven_gap", "与界之差占比", "distance to the bound", "share", maybe=True),
    K("plan.low_end.status", "optimal、feasible、short 或 unreachable；unreachable 时费用和下界只是达到可及部分的", "optimal, feasible, short or unreachable; cost and bound are then those of what is within reach", maybe=True),
    K("plan.low_end.population", "目标所计的人口", "people the goal counts", "people", maybe=True),
    K("plan.low_end.served_before", "其中信号偏弱时现有网络已覆盖", "of them served today at the low end", "people", maybe=True),
    K("plan.low_end.served_after", "信号偏弱时建成后已覆盖，按搜索口径", "served with these sites at the low end, as the search counts", "people", maybe=True),
    K("plan.build_alone.currency", "自建方案（只算新站所属网络自己的覆盖）的币种；没有为 null", "currency of the plan of the new sites' own network alone; null where it was not asked for", maybe=True),
    K("plan.build_alone.network", "新站所属网络", "the network of the new sites", maybe=True),
    K("plan.build_alone.sites", "新站数", "new sites", "sites", maybe=True),
    K("plan.build_alone.cost", "独自达到同一目标的费用", "what the same goal costs that network alone", MONEY, maybe=True),
    K("plan.build_alone.cost_cny", "同上；仅当币种为 CNY", "the same, where the currency is CNY", "CNY", maybe=True),
    K("plan.build_alone.cost_bound", "模型内达到目标的任何自建方案不低于的费用；没有证明为 null", "within the model no plan of that network alone that reaches the goal costs less; null where nothing is proven", MONEY, maybe=True),
    K("plan.build_alone.bound_cny", "同上；仅当币种为 CNY", "the same, where the currency is CNY", "CNY", maybe=True),
    K("plan.build_alone.proven_gap", "与界之差占比", "distance to the bound", "share", maybe=True),
    K("plan.build_alone.status", "optimal、feasible、short 或 unreachable", "optimal, feasible, short or unreachable", maybe=True),
    K("plan.build_alone.population", "目标所计的人口", "people the goal counts", "people", maybe=True),
    K("plan.build_alone.served_before", "其中该网络现已覆盖", "of them served today by that network", "people", maybe=True),
    K("plan.build_alone.served_after", "建成后该网络已覆盖，按搜索口径", "served by that network with these sites, as the search counts", "people", maybe=True),
    K("plan.build_alone.saving", "计入异网覆盖（共享、异网漫游）的方案节省多少；任一方案未达目标为 null", "what the plan saves that counts service of any network; null where a plan misses the goal", MONEY, maybe=True),
    K("plan.build_alone.saving_least", "模型内最优方案至少节省", "within the model the best plans save at least", MONEY, maybe=True),
    K("plan.build_alone.saving_most", "模型内最优方案至多节省", "within the model the best plans save at most", MONEY, maybe=True),
    K("plan.status", "optimal、feasible、short 或 unreachable", "optimal, feasible, short or unreachable"),
    K("plan.candidates", "候选站数", "candidates", "sites"),
    K("plan.population", "目标所计的人口", "people the goal counts", "people"),
    K("plan.served_before", "其中现有网络已覆盖", "of them served by the existing network", "people"),
    K("plan.served_after", "建成后已覆盖，按含新站的地图计，与 plan.check.served 是同一个数；有容量限制时为各站能承载的人口，同 plan.check.capacity.served", "served with the plan, on the map with its sites: the same figure as plan.check.served; with a capacity whom the sites can carry, as plan.check.capacity.served", "people"),
    K("plan.population_gained", "所列新站按建设次序新增的人口；whole 时等于 served_after 减 served_before；part 时为本市新站所增，不论住在哪里", "people the listed sites gain in build order; of the whole, served_after less served_before; of a part, whom the sites in this city gain, wherever they live", "people"),
    K("plan.unreachable_people", "没有任何候选站能独立覆盖、本方案各站合起来也没有覆盖的人口", "people no candidate can serve alone, nor the plan's sites together", "people"),
    K("plan.extras.{option}", "各项要求增加的费用；rent_free 为公共场所免租可省，direct_power 为直供电可省（均为负数），priority_first 为优先地区先建各期累计最多多支出", "what each option adds to the cost; rent_free: what premises free of rent would save, direct_power: direct supply of power (both negative); priority_first: spent more by the end of a phase, at most", MONEY, maybe=True),
    K("plan.families.{family}.population", "每种制式：目标所计的人口", "of each family: people the goal counts", "people"),
    K("plan.families.{family}.served_before", "其中现有网络已覆盖", "of them served by the existing network", "people"),
    K("plan.families.{family}.served_after", "建成后已覆盖", "served with the plan", "people"),
    *(
        K(f"{where}.lines.{{target}}.{name}", zh, en, unit, maybe=True)
        for where in ("plan", "plan.check")
        for name, zh, en, unit in LINES
    ),
    *(
        K(f"{where}.weak_grid.{{target}}.{name}", zh, en, unit, maybe=True)
        for where in ("plan", "plan.check")
        for name, zh, en, unit in WEAK_CELLS
    ),
    K("plan.lines.{target}.out_of_reach_km", "没有候选站能服务的里程", "kilometres that no candidate serves", "km", maybe=True),
    K("plan.check.lines.{target}.missed[]", "没有服务的区段", "stretches without service", maybe=True),
    K("plan.check.lines.{target}.tunnel_km", "隧道中没有自己系统的里程，室外站不起作用", "kilometres in tunnels without a system of their own, which no site outdoors serves", "km", maybe=True),
    *(K(f"plan.connections.sites.{kind}", zh, en, "sites", maybe=True) for kind, zh, en in CONNECTIONS),
    K("plan.connections.cost", "其中接入传输网的费用，已含在 plan.cost 里；项目没有 [backhaul] 时 plan.connections 为 null", "of the cost what connects the sites; plan.connections is null where the study has no [backhaul]", MONEY, maybe=True),
    K("plan.connections.cost_low", "同上，各项取低值", "the same, every figure low", MONEY, maybe=True),
    K("plan.connections.cost_high", "同上，各项取高值", "the same, every figure high", MONEY, maybe=True),
    K("plan.connections.{way}_km", "各方式的计价长度；microwave 为跳距之和", "length priced of each way; of microwave the sum of the hops", "km", maybe=True),
    K("plan.weighted", "worth 和 bound 是否加权", "whether worth and bound are weighted"),
    K("plan.worth", "most 时搜索所计的（加权）人数：每个点须由一个新站独立覆盖；否则为 0", "for most: (weighted) people as the search counts, each point served by one new site alone; else 0"),
    K("plan.phases[]", "分期；没有为 null", "phases, null for none", rows="phases", maybe=True),
    K("plan.pareto[]", "费用—覆盖曲线；没有为 null", "cost against coverage, null where the study does not ask for it", rows="curve", maybe=True),
    K("plan.check", "方案只凭站点清单的复核；part 为 null", "the plan judged from its list of sites alone; null for a part", maybe=True),
    K("plan.check.feasible", "只凭站点清单重新预测后，是否全部达到要求", "whether all that is asked holds on a map predicted again from the list of sites alone"),
    K("plan.check.population", "目标所计的人口", "people the goal counts", "people"),
    K("plan.check.served", "其中已覆盖，按含新站的地图计；有容量限制时不计该限制", "of them served on the map with the sites, whatever their capacity", "people"),
    K("plan.check.share", "占比", "share", "share"),
    K("plan.check.required", "要求的人数", "people asked", "people"),
    K("plan.check.county_short[]", "低于下限的县（市、区）", "counties below the floor"),
    K("plan.check.cost", "费用", "cost", MONEY),
    K("plan.check.cost_low", "费用，各项取低值", "cost, every figure low", MONEY),
    K("plan.check.cost_high", "费用，各项取高值", "cost, every figure high", MONEY),
    K("plan.check.expected_people", "期望覆盖人口：人口乘以所在位置信号达到要求的概率之和，误差取预设的阴影标准差（我们的口径）", "expected people: sum of people times the probability that the signal at their point suffices, with the standard deviation of the shadowing in the presets (our interpretation)", "people"),
    K("plan.check.served_if_weaker.{db}", "所有信号弱这么多 dB 时已覆盖的人口；实测的不变", "people served if every predicted signal were weaker by this number of dB; measured ones stay", "people"),
    K("plan.check.share_if_weaker.{db}", "所有信号弱这么多 dB 时的占比", "share if every signal were weaker by this number of dB", "share"),
    K("plan.check.today.served", "现有网络：已覆盖", "of the existing network: served", "people"),
    K("plan.check.today.share", "现有网络：占比", "of the existing network: share", "share"),
    K("plan.check.today.expected_people", "现有网络：期望覆盖人口", "of the existing network: expected people", "people"),
    K("plan.check.today.served_if_weaker.{db}", "现有网络：信号偏弱时已覆盖", "of the existing network: people served if every signal were weaker", "people"),
    K("plan.check.today.share_if_weaker.{db}", "现有网络：信号偏弱时的占比", "of the existing network: share if every signal were weaker", "share"),
    K("plan.check.shares.{target}.family", "每个人口目标：制式", "of each population target: family"),
    K("plan.check.shares.{target}.population", "人口", "people", "people"),
    K("plan.check.shares.{target}.served", "已覆盖", "served", "people"),
    K("plan.check.shares.{target}.share", "占比", "share", "share"),
    K("plan.check.shares.{target}.required", "要求的人数", "people asked", "people"),
    K("plan.check.shares.{target}.met", "是否达到", "whether it is met"),
    K("plan.check.shares.{target}.expected_people", "期望覆盖人口", "expected people", "people"),
    K("plan.check.shares.{target}.served_if_weaker.{db}", "信号偏弱时已覆盖", "people served if every signal were weaker", "people"),
    K("plan.check.shares.{target}.today.served", "现有网络：已覆盖", "of the existing network: served", "people"),
    K("plan.check.shares.{target}.today.share", "现有网络：占比", "of the existing network: share", "share"),
    K("plan.check.shares.{target}.today.expected_people", "现有网络：期望覆盖人口", "of the existing network: expected people", "people"),
    K("plan.check.shares.{target}.today.served_if_weaker.{db}", "现有网络：信号偏弱时已覆盖", "of the existing network: people served if every signal were weaker", "people"),
    K("plan.check.shares.{target}.today.share_if_weaker.{db}", "现有网络：信号偏弱时的占比", "of the existing network: share if every signal were weaker", "share"),
    K("plan.check.shares.{target}.share_if_weaker.{db}", "信号偏弱时的占比", "share if every signal were weaker", "share"),
    K("plan.check.places.{target}.asked", "每个必达目标：场所数", "of each target of places: places asked", "places", maybe=True),
    K("plan.check.places.{target}.served", "已服务", "served", "places", maybe=True),
    K("plan.check.places.{target}.missed[]", "未服务的场所编号", "ids of those missed", maybe=True),
    K("plan.check.too_close[]", "小于最小间距的站点对", "pairs of sites nearer than the spacing", maybe=True),
    K("plan.check.too_early[]", "早于可用日期的站：站点、建成日期、业务或协议、可用日期", "sites built before a service or an agreement may be used: site, day built, service or agreement, first day", maybe=True),
    K("plan.check.capacity.family", "有容量限制时：哪一制式的用户受限", "with a capacity: the family whose users are limited", maybe=True),
    K("plan.check.capacity.limit_least", "容量最小的新站最多服务的人数", "people that the smallest new site serves at most", "people", maybe=True),
    K("plan.check.capacity.limit", "容量最大的新站最多服务的人数", "people that the largest new site serves at most", "people", maybe=True),
    K("plan.check.capacity.served", "各站能承载的和现已覆盖的人口", "whom the sites can carry and those served today", "people", maybe=True),
    K("plan.check.capacity.required", "要求的人数", "people asked", "people", maybe=True),
    K("plan.check.capacity.county_short", "按各站承载能力计，未达县级下限的县（市、区）", "counties below their floor, as the sites can carry", maybe=True),
    K("plan.check.capacity.met", "是否达到", "whether it is met", maybe=True),
    K("plan.check.capacity.full", "满载的站数", "sites that carry all they can", "sites", maybe=True),
    *(K(f"fibre.{name}", f"光纤到村（没有光纤方案时 fibre 为 null）：{zh}", f"fibre to villages (fibre is null without a plan of it): {en}", unit, maybe=True) for name, zh, en, unit in FIBRE),
)  # fmt: skip


@cache
def _patterns() -> tuple[tuple[Key, re.Pattern[str]], ...]:
    return tuple((key, key.pattern) for key in KEYS)


def describes(way: str, value: Any) -> bool:
    """Whether some key describes this path of a real summary, or the keys below it where it is null."""
    return key_of(way) is not None or (value is None and any(key.way.startswith((f"{way}.", f"{way}[]")) for key in KEYS))


def units(currency: str = MONEY) -> dict[str, str]:
    """Way -> unit of the keys that have one, of money its currency; the columns of rows have theirs in docs/outputs.md."""
    given = {key.way: currency if key.unit == MONEY else key.unit for key in KEYS if key.unit}
    return given if currency in (MONEY, "CNY") else {way: unit for way, unit in given.items() if unit != "CNY"}


def key_of(way: str) -> Key | None:
    """The key that describes a path of a real summary: the one with most fixed names; None where there is none."""
    found = [key for key, pattern in _patterns() if pattern.fullmatch(way)]
    return min(found, key=lambda key: key.way.count("{"), default=None)


def paths_in(content: Any, way: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of everything in a summary that is no object and no list; lists of a documented table come as their rows."""
    key = key_of(f"{way}[]") if isinstance(content, list) else None
    if key is not None and key.rows:
        yield from ((key.way, row) for row in content)
    elif isinstance(content, list):
        for item in content:
            yield from paths_in(item, f"{way}[]") if isinstance(item, dict) else ((f"{way}[]", item),)
    elif isinstance(content, dict):
        for name, item in content.items():
            yield from paths_in(item, f"{way}.{name}" if way else name)
    else:
        yield way, content
