"""`infraplan inspect`: draws a sample of villages to visit, and reads measurements into a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infraplan.cli.shared import (
    AsJson,
    Cities,
    Language,
    OutputPath,
    Overwrite,
    StudyPath,
    open_study,
    print_note,
    progress,
    refuse_output,
    show,
    show_json,
    split,
)
from infraplan.messages import Bilingual, both, main_language

if TYPE_CHECKING:
    from infraplan.policy.sample_designs import Sample
    from infraplan.study import Study

group = typer.Typer(no_args_is_help=True)


def load(
    file: Annotated[Path, typer.Argument(help=both("cli.filled_sheet"), show_default=False)],
    study: Annotated[Path, typer.Argument(help=both("cli.study"))] = Path(),
    lang: Language = "both",
    json: AsJson = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help=both("samples.overwrite"))] = False,
) -> None:
    """Read a filled gap sheet or sample; its measurements then override prediction for their operator and band at their place."""
    from infraplan.io.inspections import add_measured, read_inspection
    from infraplan.io.sample_sheets import read_design

    opened = open_study(study)
    ids = [*(opened.villages["id"] if opened.has_people else ()), *(() if opened.places is None else opened.places["id"])]
    lines = () if opened.corridors is None else opened.corridors["id"].astype(str)
    sample = read_design(file)
    of_sample = () if sample is None else tuple(sample.stub["id"])
    fresh = read_inspection(file, [*ids, *of_sample], opened.own_services, opened.config.study.operators, lines)
    if sample is not None:
        _read_sample(opened, sample, fresh, file, json, overwrite)
        return
    total = add_measured(opened.folder, fresh, tuple(opened.own_services), opened.config.study.operators)
    print_note(both("cli.measured", rows=len(fresh), total=total))
    if json:
        show_json({"rows": len(fresh), "total": total})


def _read_sample(study: Study, sample: Sample, fresh: Any, file: Path, json: bool, overwrite: bool) -> None:
    """Reads a filled sample; everything is checked and computed before anything is written."""
    from infraplan.io.inspections import read_measured
    from infraplan.io.sample_shares import read_shares, write_shares
    from infraplan.io.sample_sheets import with_earlier, write_measured
    from infraplan.run.plain_values import records
    from infraplan.run.samples import sample_findings, share_record

    before = read_measured(study.folder, tuple(study.own_services), study.config.study.operators)
    villages = set(study.villages["id"].astype(str)) if study.has_people else set()
    table = with_earlier(sample, fresh, before, villages, file, overwrite=overwrite)
    whole = both("samples.whole")
    if study.config.study.area_zh:
        whole = Bilingual(study.config.study.area_zh, study.config.study.area_en)
    found = sample_findings(study, sample, table.loc[table["sample"] == sample.key], whole)
    shares = read_shares(study.folder)  # a file that cannot be read is refused before anything is written
    write_measured(study.folder, table)
    write_shares(study.folder, shares, share_record(sample, found, table))
    print_note(both("cli.measured", rows=len(fresh), total=len(table)))
    repeated = len(fresh) - int(table["sha256"].isin(set(fresh["sha256"])).sum())
    if repeated:
        print_note(both("samples.repeated", count=repeated))
    first = found["shares"].iloc[0]
    _notes(study, sample, found)
    if json:
        about = {name: sample.about[name] for name in ("family", "network", "receiver")} | {"seed": int(sample.about["seed"])}
        parts = {
            name: records(found[key], tuple(found[key].columns))
            for name, key in (("zones", "shares"), ("goals", "goals"), ("wrong", "wrong"))
        }
        ends = {name: None if first[name] != first[name] else float(first[name]) for name in ("share", "low", "high")}
        show_json({**ends, "visits_needed": found["visits_needed"], "rows": len(fresh), "total": len(table), "sample": sample.key, **about,
                   "visits": int(first["visits"]), "answered": int(first["answered"]), "method": first["method"], **parts})  # fmt: skip
        return
    names = study.zones.drop_duplicates("adcode").set_index("adcode")["name"].to_dict()
    show(found["shares"], "sample_shares", names=names, own=study.own_names)
    if len(found["goals"]):
        show(found["goals"], "sample_goals", names=names, own=study.own_names)
    if len(found["wrong"]):
        show(found["wrong"], "sample_findings", names=names, own=study.own_names)


def _notes(study: Study, sample: Sample, found: dict[str, Any]) -> None:
    """What the tables do not say: the share in a sentence, visits without an answer, tests of one network alone, a changed study."""
    from infraplan.cli.shared import percent
    from infraplan.messages import joined_texts

    first = found["shares"].iloc[0]
    answered, visits = int(first["answered"]), int(first["visits"])
    if answered:
        low, share, high = (percent(float(first[name]), 1.0) for name in ("low", "share", "high"))
        print_note(both("samples.share", share=share, low=low, high=high, answered=answered))
    print_note(both("samples.needed_goal" if found["goal"] else "samples.needed_width", visits=found["visits_needed"]))
    if answered < visits:
        empty = found["shares"].loc[
            (found["shares"]["level"] == "city") & (found["shares"]["answered"] == 0) & (found["shares"]["visits"] > 0)
        ]
        print_note(both("samples.unanswered", missing=visits - answered, visits=visits))
        if len(empty):
            print_note(both("samples.empty_cities", cities=joined_texts(empty["zone_name"].tolist(), "、", ", ")))
    if found["untested"]:
        listed = joined_texts(found["untested"][:5], "、", ", ")
        print_note(both("samples.one_network", count=len(found["untested"]), ids=listed))
    if study.has_people:
        people = int(study.villages.loc[study.villages["population"] > 0, "population"].sum())
        if not sample.about["cities"] and str(people) != sample.about["people"]:
            print_note(both("samples.other_people", now=f"{people:,}", then=f"{int(sample.about['people']):,}"))
    if not len(found["wrong"]) and answered:
        print_note(both("samples.nothing_wrong"))


def sample(
    study: StudyPath,
    visits: Annotated[int, typer.Option("--visits", min=1, help=both("samples.visits"), show_default=False)],
    output: OutputPath = None,
    family: Annotated[str, typer.Option("--family", help=both("samples.family"), show_default=False)] = "",
    network: Annotated[str, typer.Option("--network", help=both("samples.network"))] = "any",
    cities: Cities = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help=both("samples.seed"))] = 1,
    lang: Language = "both",
    json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Which villages to visit so that the true share of people served is known best."""
    from infraplan.io.sample_workbook import write_sample
    from infraplan.run.samples import sample_of
    from infraplan.tables.language import Speech

    refuse_output(output, overwrite, only=(".xlsx",))
    opened = open_study(study)
    with progress() as bars:
        drawn = sample_of(opened, bars, visits=visits, seed=seed, family=family, network=network, cities=split(cities))
    if output is not None:
        main = main_language(lang)
        title = opened.config.study.title_en if main == "en" else opened.config.study.title_zh
        write_sample(drawn, output, lang, speech=Speech(main, own=opened.own_names), title=title)
        print_note(both("cli.written", rows=len(drawn.visits), file=str(output)))
    print_note(both("samples.drawn", visits=visits, villages=drawn.about["villages"], seed=seed, code=drawn.key))
    if json or output is None:
        show(drawn.visits, "sample", as_json=json, own=opened.own_names)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    group.command("import", help=both("cli.verb_import"))(load)
    group.command("sample", help=both("samples.verb"))(sample)
    group.callback()(lambda: None)
    app.add_typer(group, name="inspect", help=both("cli.verb_inspect"))
