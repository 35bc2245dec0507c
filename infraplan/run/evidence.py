"""What speaks for the figures of a report: the model's error, what was measured, and the share that a sample of visits shows."""

from __future__ import annotations

from infraplan.io.sample_shares import read_shares
from infraplan.messages import LANGUAGES, Bilingual, both
from infraplan.run.calibration_notes import calibration_notes
from infraplan.run.findings import Findings
from infraplan.tables.families import family_name
from infraplan.tables.language import Speech
from infraplan.tables.number_formats import percent


def evidence_of(findings: Findings) -> tuple[tuple[str, str], ...]:
    """Pairs of item and content, in both languages: calibration, measurements, samples; each also where there is none."""
    study, table = findings.study, findings.study.inspections
    rows = [(both("run.evidence_model"), note) for note in calibration_notes(study)]
    if table is None or table.empty:
        rows.append((both("run.evidence_measured"), both("run.evidence_no_measurement")))
    else:
        days = sorted(day for day in table["date"].astype(str) if day)
        counts = {family: int(findings.villages[f"{family}_measured"].sum()) for family in findings.cover.families}
        points = ", ".join(f"{family_name(family)} {count:,}" for family, count in counts.items() if count) or "0"
        figures = {"rows": f"{len(table):,}", "first": days[0] if days else "—", "last": days[-1] if days else "—", "points": points}
        rows.append((both("run.evidence_measured"), both("run.evidence_measurements", **figures)))
    samples = read_shares(study.folder)
    for one in samples:
        speech = [Speech(lang, own=study.own_names) for lang in LANGUAGES]
        asked = Bilingual(*(words.judged(one["family"], one["receiver"]) for words in speech))
        network = Bilingual(*(words.network(one["network"]) for words in speech))
        said = {"asked": asked, "network": network, "day": one["last_day"] or "—", "visits": one["visits"], "answered": one["answered"]}
        shares = {name: percent(one[name], 1) for name in ("share", "low", "high", "predicted") if one[name] is not None}
        key = "run.evidence_sample" if one["share"] is not None else "run.evidence_sample_open"
        rows.append((both("run.evidence_audit"), both(key, **said, **shares)))
    return tuple(rows) if samples else (*rows, (both("run.evidence_audit"), both("run.evidence_no_sample")))
