"""Fill the generated parts of docs/data.md from `fields.py` and the data sets: run it after changing either."""

from __future__ import annotations

from pathlib import Path

from infraplan.fields import TABLES
from infraplan.files import write_text
from infraplan.io.downloads import dataset, dataset_names

PAGE = Path(__file__).resolve().parents[1] / "docs" / "data.md"
TITLES = {
    "village": "自然村 villages",
    "site": "站点 sites",
    "place": "场所 places",
    "zone": "区划 zones",
    "corridor": "线路 corridors",
    "host": "可用载体 hosts",
    "fibre_node": "现有光纤节点 fibre_nodes（光纤方案从这里接出）",
    "weak_cell": "弱覆盖栅格 weak_grid（用 [files] weak_grid 读；坐标写中心点的经纬度、米制坐标加 crs，或 经度_纬度 形式的栅格编号）",
    "register": "登记表 registers（没有坐标；另有的列照名称供政策引用）",
    "transmitter": "小区表 transmitters（带功率；infraplan signal 和 calibrate 的 --sites）",
    "measured": "测点表 measured（路测、MR/MDT 栅格、众测；infraplan signal 和 calibrate）",
}


def columns_part() -> str:
    """One table a frame: name, label, unit, what to fill in, aliases."""
    parts = []
    for table, title in TITLES.items():
        rows = ["| 列 | 名称 | 单位 | 填写要求 | 也认得 |", "|---|---|---|---|---|"]
        for field in TABLES[table]:
            needed = "（必填）" if field.required else ""
            rows.append(f"| `{field.name}` | {field.zh}{needed} | {field.unit} | {field.meaning_zh} | {' '.join(field.aliases[:8])} |")
        parts.append(f"### {title}\n\n" + "\n".join(rows))
    return "\n\n".join(parts)


def data_sets_part() -> str:
    """The data sets that can be fetched."""
    rows = ["| 名称 | 内容 | 页面 | 许可 | 署名 |", "|---|---|---|---|---|"]
    for name in dataset_names():
        entry = dataset(name)
        rows.append(f"| `{name}` | {entry['title_zh']} | <{entry['page']}> | {entry['licence']} | {entry['attribution']} |")
    return "\n".join(rows)


def filled(page: str) -> str:
    """The page with its generated parts replaced."""
    for mark, text in (("columns", columns_part()), ("data-sets", data_sets_part())):
        head, _, rest = page.partition(f"<!-- {mark} -->\n")
        page = f"{head}<!-- {mark} -->\n{text}\n<!-- /{mark} -->{rest.partition(f'<!-- /{mark} -->')[2]}"
    return page


if __name__ == "__main__":
    write_text(PAGE, filled(PAGE.read_text(encoding="utf-8")))
