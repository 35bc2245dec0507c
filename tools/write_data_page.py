"""Fill the generated parts of docs/data.md from `fields.py`, the data sets and the schema of study.toml: run it after changing any."""

from __future__ import annotations

from pathlib import Path

from infraplan.fields import TABLES
from infraplan.files import write_text
from infraplan.io.downloads import dataset, dataset_names
from infraplan.messages import say
from infraplan.study.config import USED_BY, About, CoverageChoice, FileOptions, Files, OutputChoice

PAGE = Path(__file__).resolve().parents[1] / "docs" / "data.md"
TITLES = {
    "village": "自然村 villages",
    "site": "站点 sites",
    "place": "场所 places",
    "zone": "区划 zones",
    "corridor": "线路 corridors",
    "host": "可用载体 hosts",
    "register": "登记表 registers（没有坐标；另有的列照名称供政策引用）",
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


def keys_part() -> str:
    """Every key of study.toml but those of [plan]."""
    parts = []
    for section, model in (("study", About), ("files", Files), ("coverage", CoverageChoice), ("outputs", OutputChoice)):
        rows = ["| 键 | 写什么 | 默认 |", "|---|---|---|"]
        for name, field in model.model_fields.items():
            default = "必填" if field.is_required() else _default(field.get_default(call_default_factory=True))
            rows.append(f"| `{name}` | {_in_both(f'{section}_{name}')} | {default} |")
        parts.append(f"### [{section}]\n\n" + "\n".join(rows))
    rows = ["| 键 | 写什么 | 用于 |", "|---|---|---|"]
    for name in FileOptions.model_fields:
        files = " ".join(f"`{file}`" for file, options in USED_BY.items() if name in options)
        rows.append(f"| `{name}` | {_in_both(f'options_{name}')} | {files} |")
    parts.append("### [options.文件]\n\n" + "\n".join(rows))
    parts.append(f"### [datum]\n\n{_in_both('datum_file')}")
    return "\n\n".join(parts)


def _in_both(key: str) -> str:
    return f"{say(f'keys.{key}')}<br>*{say(f'keys.{key}', 'en')}*"


def _default(value: object) -> str:
    plain = "" if value is None or value in ("", (), {}) else str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{plain}`" if plain else ""


def data_sets_part() -> str:
    """The data sets that can be fetched."""
    rows = ["| 名称 | 内容 | 页面 | 许可 | 署名 |", "|---|---|---|---|---|"]
    for name in dataset_names():
        entry = dataset(name)
        rows.append(f"| `{name}` | {entry['title_zh']} | <{entry['page']}> | {entry['licence']} | {entry['attribution']} |")
    return "\n".join(rows)


def filled(page: str) -> str:
    """The page with its generated parts replaced."""
    for mark, text in (("columns", columns_part()), ("data-sets", data_sets_part()), ("keys", keys_part())):
        head, _, rest = page.partition(f"<!-- {mark} -->\n")
        page = f"{head}<!-- {mark} -->\n{text}\n<!-- /{mark} -->{rest.partition(f'<!-- /{mark} -->')[2]}"
    return page


if __name__ == "__main__":
    write_text(PAGE, filled(PAGE.read_text(encoding="utf-8")))
