"""`infraplan serve`: the page on which sites are changed and coverage follows."""

from __future__ import annotations

import gc
import json as json_text
from typing import Annotated

import typer

from infraplan.cli.shared import AsJson, Language, StudyPath, open_study, print_note, progress
from infraplan.messages import both, main_language


def serve(
    study: StudyPath,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help=both("cli.serve_port"))] = 0,
    host: Annotated[str, typer.Option("--host", help=both("cli.serve_host"))] = "127.0.0.1",
    open_page: Annotated[bool, typer.Option("--open/--no-open", help=both("cli.serve_open"))] = True,
    scenario: Annotated[str, typer.Option("--scenario", help=both("cli.serve_scenario"), show_default=False)] = "",
    lang: Language = "both",
    json: AsJson = False,
) -> None:
    """A local page: add, move, raise, turn and switch off sites, and see whom that serves."""
    from infraplan.extras import require

    require("report")
    require("web")
    from infraplan.run.collector import seldom_collected
    from infraplan.run.what_if import WhatIf
    from infraplan.run.what_if_page import WhatIfPage
    from infraplan.web.scenario_files import ScenarioFiles
    from infraplan.web.server import Running, is_loopback

    opened = open_study(study)
    edits = ScenarioFiles(opened).read(scenario) if scenario else ()
    if not is_loopback(host):
        print_note(both("web.open_host", host=host))
    running = Running(host, port)
    with progress() as bars, seldom_collected():
        step = bars.step("web.loading")
        step(0, 2)
        state = WhatIfPage(WhatIf(opened))
        step(1, 2)
        state.warm_up()
        gc.collect()
        gc.freeze()  # the study stays until the end: no collection has to look at it again
        step(2, 2)

    def ready(url: str) -> None:
        if json:
            print(json_text.dumps({"url": url}), flush=True)
        print_note(url)
        print_note(both("web.ready" if is_loopback(host) else "web.ready_token"))
        if open_page:
            import webbrowser

            webbrowser.open(url)

    try:
        with seldom_collected():
            running.run(state, ready, lang=main_language(lang), scenario=scenario, edits=edits)
    except KeyboardInterrupt:
        print_note(both("web.stopped"))
        return
    print_note(both("web.idle" if running.was_idle else "web.stopped"))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("serve", help=both("cli.verb_serve"))(serve)
