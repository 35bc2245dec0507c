"""Write docs/outputs.md and the tables of columns in docs/plans.md from `infraplan/outputs`: run it after changing a column."""

from __future__ import annotations

from pathlib import Path

from infraplan.files import write_text
from infraplan.outputs import TABLES, names
from infraplan.outputs.summary_keys import KEYS

DOCS = Path(__file__).resolve().parents[1] / "docs"
TITLES = {
    "scorecard": "记分牌 scorecard：`infraplan scorecard`，`targets.csv`，`annex.xlsx` 记分牌；`summary.json` 的 `targets` 用一部分",
    "gaps": "缺口 gaps：`infraplan gaps`，`plan.gpkg` 的 `gaps`，`annex.xlsx` 的缺口各表",
    "sites": "新站 new sites：`infraplan plan`，`plan.gpkg` 的 `new_sites`，`annex.xlsx` 建议站点",
    "phases": "分期 phases：`summary.json` 的 `plan.phases`",
    "curve": "费用—覆盖曲线 curve：`infraplan plan --pareto`，`pareto.csv`",
    "certificate": "达不到清单 certificate：`infraplan explain`，`annex.xlsx` 达不到清单",
    "population": "人口 population：`infraplan coverage`，`summary.json` 的 `zones` 和 `networks` 用其中一部分",
    "quality": "SINR 和速率 SINR and rates：`quality.csv`，报告正文，`summary.json` 的 `quality`",
    "area": "面积 area：没有村庄的项目的 `infraplan coverage`",
    "headline": "首段数字 first lines：每页首段和其下的表，`summary.json` 的 `headline`",
    "cities": "地市 cities：`index.html`",
    "villages": "居民点 villages：`villages.csv`",
    "not_spots": "盲区 not-spots：`plan.gpkg` 的 `total_not_spots` 和 `partial_not_spots`",
    "masts": "现有站点 existing sites：地图和 KMZ 里的一个点；`plan.gpkg` 的 `existing_sites` 是输入的列（data.md）",
    "fibre": "光纤奖补 fibre award：`fibre_award.csv`",
    "measured": "实测 measurements：`inspections.csv`，由填好的缺口表读回",
    "servers": "最佳服务扇区 best servers：`coverage-servers.csv`，栅格 `coverage-servers.tif` 的值",
    "atoll_sites": "Atoll 的站点表 sites for Atoll：`atoll.zip` 的 `sites.txt`，用英文表头",
    "atoll_transmitters": "Atoll 的发射机表 transmitters for Atoll：`atoll.zip` 的 `transmitters.txt`，用英文表头",
    "compared_coverage": "覆盖对比 coverage of two runs：`compare.xlsx`",
    "compared_targets": "目标对比 targets of two runs：`compare.xlsx`",
    "compared_sites": "站点对比 sites of two runs：`compare.xlsx`",
    "compared_cities": "各市站点变化 sites of two runs by city：`compare.html`",
    "compared_villages": "村庄对比 villages of two runs：`compare.xlsx`",
    "compared_gaps": "缺口对比 gaps of two runs：`compare.xlsx`",
    "compared_ranks": "名次对比 ranks of two runs：`compare.xlsx`",
    "history": "历次运行 runs over time：`index.html`",
    "explained_targets": "目标说明 targets explained：`infraplan explain`",
    "explained_villages": "村庄说明 villages explained：`infraplan explain --village`",
    "explained_candidates": "候选站说明 candidates explained：`infraplan explain --candidate`",
    "zones": "区划 zones：`plan.gpkg` 的 `zones`，地图和 KMZ 里的一个区域",
    "gap_zones": "各区域缺口 gaps by zone：报告正文",
    "site_kinds": "建设方式与投资 sites by what they stand on：报告正文",
    "investment": "无线与回传投资 radio and backhaul：报告正文",
    "outcome": "方案达到什么 what the plan achieves：`index.html`",
    "towns": "乡镇 towns：公开版（`--edition public`）的 `towns.csv`、报告和 `annex.xlsx`",
    "gap_sums": "缺口汇总 sums of gaps：`report.html`；每个目标再加一列",
    "method": "方法与来源 method：`annex.xlsx` 方法与来源，`report.pdf`",
    "filling": "填报说明 how to fill it in：`annex.xlsx` 填报说明",
    "sample": "抽样核查 sample：`infraplan inspect sample` 的工作表 抽样核查",
    "sample_design": "抽样设计 design of a sample：工作表 抽样设计",
    "sample_stub": "抽样存根 stub of a sample：工作表 抽样存根，读回时核对",
    "sample_totals": "抽样总体 population of a sample：工作表 抽样总体",
    "sample_shares": "抽样推算 shares from a sample：`infraplan inspect import` 读入抽样表时",
    "sample_goals": "目标判定 goals judged by a sample：`infraplan inspect import` 读入抽样表时",
    "sample_findings": "预测偏差 where the prediction is wrong：`infraplan inspect import` 读入抽样表时",
    "backhaul_villages": "村级分摊 shares by village：`infraplan backhaul`，`annex.xlsx` 村级分摊",
    "backhaul_spans": "光缆段 spans：`infraplan backhaul --spans`，`annex.xlsx` 光纤建设清单，`plan.gpkg` 的 `fibre_spans`",
    "backhaul_nodes": "光缆段两端 ends of spans：`plan.gpkg` 的 `fibre_nodes`",
    "backhaul_counties": "各县光纤 fibre by county：`infraplan backhaul --json`，报告正文",
    "site_connections": "规划站的回传 connections of new sites：`plan.gpkg` 的 `site_connections`",
    "network_findings": "路网检查 findings in the lines：`infraplan backhaul --findings`",
    "budget": "链路预算 link budget：`infraplan budget`",
    "signal_points": "点上的电平 levels at points：`infraplan signal` 在输入各列之后所加的列",
    "calibration_terms": "校准项 terms of a calibration：`infraplan calibrate` 打印的表",
}
HEAD = """# 成果数据字典 What the outputs hold

由 `tools/write_outputs_page.py` 从 `infraplan/outputs` 生成，请勿手改。列名是 CSV、GPKG、JSON 里的列名；没有类型的列由其他列写成，
只在表格和页面里出现。`{family}` 每种制式一列（`nr`、`nbiot`），名称里的 `{judged}` 是制式和接收位置，`{first}` 是方案第一制式的。
“附表”是该列在官方附表中的列号。

Generated from `infraplan/outputs`. Names are those of CSV, GPKG and JSON; a column without a type is worded from others and is
only in sheets and pages. `{family}` is one column a family; `{judged}` in a heading is the family with its receiver, `{first}`
that of the plan's first family. The last column is its number in the official annex.
"""


def table_part(table: str) -> str:
    """One table: name, headings, type, unit, meaning, number in the annex."""
    rows = ["| 列 | 名称 | 类型 | 单位 | 含义 | 附表 |", "|---|---|---|---|---|---|"]
    for entry in TABLES[table]:
        number = str(entry.official or "")
        meaning = f"{entry.meaning_zh}<br>*{entry.meaning_en}*"
        rows.append(f"| `{entry.name}` | {entry.zh}<br>*{entry.en}* | {entry.kind} | {entry.units()} | {meaning} | {number} |")
    return "\n".join(rows)


SUMMARY = """
## 摘要 `summary.json`

整个项目一份，每个地市的文件夹里一份，键相同。`[]` 是列表的每一行，`{…}` 是数据里的名称。比例为 0 到 1，不舍入。`null` 为没有或不适用。
旁边的 `targets.csv` 是全部记分牌：每个条款、分项、区划、网络一行，列见下面的“记分牌”，文件里的数不加单位、不改写。
*One for the study and one in each city's folder, with the same keys. `[]` means each row of a list, `{…}` a name of the data.
Shares are 0..1, not rounded; `null` where there is nothing to tell. `targets.csv` beside it is the whole scorecard, a row a clause, part,
zone and network, with raw values under the columns of the scorecard below.*

| 键 | 单位 | 含义 |
|---|---|---|
"""


def summary_part() -> str:
    """The keys of summary.json."""
    rows = []
    for key in KEYS:
        meaning = f"{key.zh}<br>*{key.en}*"
        if key.rows:
            columns = names(key.rows, "summary") or [entry.name for entry in TABLES[key.rows] if entry.kind]
            meaning += "<br>" + ", ".join(f"`{name}`" for name in columns)
        rows.append(f"| `{key.way}` | {key.unit} | {meaning} |")
    return SUMMARY + "\n".join(rows) + "\n"


def outputs_page() -> str:
    """The whole of docs/outputs.md."""
    return HEAD + summary_part() + "".join(f"\n## {TITLES[table]}\n\n{table_part(table)}\n" for table in TABLES)


def english_part(table: str) -> str:
    """The columns of a frame and what they mean, in English."""
    rows = ["| column | meaning |", "|---|---|"]
    return "\n".join(rows + [f"| `{entry.name}` | {entry.meaning_en} |" for entry in TABLES[table] if entry.kind or "{" in entry.name])


def plans_page(page: str) -> str:
    """docs/plans.md with its tables of columns replaced."""
    for mark in ("sites", "phases", "certificate"):
        head, _, rest = page.partition(f"<!-- {mark} -->\n")
        page = f"{head}<!-- {mark} -->\n{english_part(mark)}\n<!-- /{mark} -->{rest.partition(f'<!-- /{mark} -->')[2]}"
    return page


if __name__ == "__main__":
    write_text(DOCS / "outputs.md", outputs_page())
    write_text(DOCS / "plans.md", plans_page((DOCS / "plans.md").read_text(encoding="utf-8")))
