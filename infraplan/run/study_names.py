"""What the zones of a study are called together. No page is written here, so that no verb but `run` needs the packages of `report`."""

from __future__ import annotations

from infraplan.study import Study

FEW_CITIES = 3


def whole_name(study: Study, lang: str) -> str:
    """What pages call the zones of a study: the area it names, else its cities where they are few, else its title."""
    about = study.config.study
    if about.area_zh:
        return about.area_zh if lang == "zh" else about.area_en
    cities = study.zones.loc[study.zones["level"] == "city"]
    if 0 < len(cities) <= FEW_CITIES and (lang == "zh" or "name_en" in cities):
        return ("、" if lang == "zh" else ", ").join(cities["name" if lang == "zh" else "name_en"].astype(str))
    return about.title_zh if lang == "zh" else about.title_en
