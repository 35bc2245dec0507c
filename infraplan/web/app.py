"""The routes: what a page may ask of the engine. Ids only; no route has a path or a name of a file in it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from infraplan.errors import InfraplanError
from infraplan.messages import Bilingual, both
from infraplan.run.plain_values import plain
from infraplan.study.scenarios import Edit
from infraplan.web import bodies, frames, page, shapes
from infraplan.web.access import Access, Windows
from infraplan.web.desk import Desk, Superseded
from infraplan.web.events import Events
from infraplan.web.guard import PAGES, WINDOW, App, Guard, Refusal
from infraplan.web.planner import Planner
from infraplan.web.scenario_files import ScenarioFiles

Answer = Callable[[Request], Awaitable[Response]]


class OnlyLooks(InfraplanError):
    """This window may not edit, because another one does."""


class Service:
    """The state of a server: the engine at its desk, windows, scenarios, events, and the routes over them."""

    def __init__(self, state: Any, access: Access, hosts: tuple[str, ...], lang: str = "zh"):
        self.access, self.lang = access, lang
        self.events, self.windows = Events(), Windows()
        self.files = ScenarioFiles(state.study)
        self.desk = Desk(state, self.events.publish, self.files.keep)
        self.planner = Planner(state.study, self.events.publish)
        self.scenario, self.change = "", dict[str, Any]()
        self._shapes = dict[str, Any]()
        self.guard = Guard(self._starlette(), access, hosts, refusal_answer)

    def _starlette(self) -> App:
        routes: list[tuple[str, str, Answer]] = [
            *((path, "GET", self.page) for path in PAGES),
            ("/static/{name}", "GET", self.static),
            ("/facts", "GET", self.facts),
            ("/state", "GET", self.state),
            ("/window", "POST", self.window),
            ("/window", "DELETE", self.window_gone),
            ("/outlines", "GET", partial(self.shape, "outlines")),
            ("/lines", "GET", partial(self.shape, "lines")),
            ("/villages", "GET", self.villages),
            ("/people", "GET", self.people),
            ("/sites", "GET", self.sites),
            ("/picture", "GET", self.picture),
            ("/at", "GET", self.at),
            ("/top", "GET", self.top),
            ("/edits", "POST", self.edits),
            ("/targets", "GET", self.targets),
            ("/scenarios", "GET", self.scenarios),
            ("/scenarios", "POST", self.save),
            ("/scenario", "GET", self.one_scenario),
            ("/unsaved", "DELETE", self.forget),
            ("/compare", "GET", self.compare),
            ("/export", "GET", self.export),
            ("/plan", "POST", self.plan),
            ("/plan", "DELETE", self.cancel),
            ("/events", "GET", self.listen),
        ]

        @asynccontextmanager
        async def lifespan(_: Starlette) -> Any:
            self.events.begin()
            yield
            self.close()

        made = Starlette(
            routes=[Route(path, answer, methods=[method]) for path, method, answer in routes],
            lifespan=lifespan,
            exception_handlers={InfraplanError: _refused, Superseded: _superseded, Exception: _failed, 404: _unknown, 405: _unknown},
        )
        made.router.redirect_slashes = False
        return made

    def begin_with(self, scenario: str, edits: Sequence[Edit]) -> None:
        """Compute the edits of a scenario before anybody asks."""
        self.scenario = scenario
        self.change = {**_change(self.desk.edit(1, edits).result()), "version": 1}
        self.files.forget()

    def close(self) -> None:
        """End the worker thread and a plan that is being made."""
        self.planner.cancel()
        self.desk.close()

    async def _ask(self, question: Callable[[Any], Any]) -> Any:
        return await asyncio.wrap_future(self.desk.ask(question))

    def _editor(self, request: Request) -> None:
        """Raises unless the request's window may edit."""
        if not self.windows.speaks(request.headers[WINDOW.decode()]):
            raise OnlyLooks(both("web.only_looks"))

    async def page(self, request: Request) -> Response:
        """The page in its language."""
        lang = request.url.path.strip("/") or self.lang
        return Response(page.html(lang, self.desk.state.study), media_type="text/html; charset=utf-8")

    async def static(self, request: Request) -> Response:
        """One of the files of `page.FILES`, by its name."""
        found = page.static_file(request.path_params["name"])
        return _error(404, both("web.unknown_route")) if found is None else Response(found.content, media_type=found.media_type)

    async def facts(self, request: Request) -> Response:
        """What the page has to know before it draws anything, and its words."""
        lang = bodies.of_query(bodies.Language, dict(request.query_params)).lang
        facts = await self._ask(lambda state: state.facts(lang))
        return JSONResponse({**plain(facts), "words": page.words(lang), "colours": page.colours(lang)})

    async def state(self, _: Request) -> Response:
        """The present edits and what they change; whether edits of an earlier server are offered."""
        edits = [edit.written() for edit in self.desk.edits]
        offered = None if self.desk.version else self.files.offered()
        content = {"version": self.desk.newest, "edits": edits, "scenario": self.scenario, "change": self.change, "offered": offered}
        return JSONResponse({**content, "saved": self.files.holds(self.scenario, self.desk.edits), "plan": self.planner.last})

    async def window(self, request: Request) -> Response:
        """A window says that it is there; whether it may edit."""
        return JSONResponse({"edits": self.windows.speaks(request.headers[WINDOW.decode()])})

    async def window_gone(self, request: Request) -> Response:
        """A window was closed."""
        self.windows.leaves(request.headers[WINDOW.decode()])
        return JSONResponse({})

    async def shape(self, name: str, _: Request) -> Response:
        """Outlines of zones, or lines; made once."""
        if name not in self._shapes:
            make = {"outlines": shapes.outlines, "lines": shapes.lines}[name]
            self._shapes[name] = await self._ask(lambda state: make(state.study))
        return JSONResponse(self._shapes[name])

    async def villages(self, request: Request) -> Response:
        """The largest villages of a part of the map, with their status."""
        box = bodies.of_query(bodies.VillageBox, dict(request.query_params))
        place = (box.west, box.south, box.east, box.north)
        frame = await self._ask(lambda state: state.villages(*place, box.family, box.network, box.limit))
        return JSONResponse(frames.statuses(frame) if box.only_status else frames.columns_and_rows(frame))

    async def people(self, request: Request) -> Response:
        """People served in every zone of the finest level."""
        layer = bodies.of_query(bodies.LayerOf, dict(request.query_params))
        return JSONResponse(frames.columns_and_rows(await self._ask(lambda state: state.zone_people(layer.family, layer.network))))

    async def sites(self, request: Request) -> Response:
        """Sites of a part of the map."""
        box = bodies.of_query(bodies.Box, dict(request.query_params))
        return JSONResponse(
            frames.columns_and_rows(await self._ask(lambda state: state.sites(box.west, box.south, box.east, box.north, box.limit)))
        )

    async def picture(self, request: Request) -> Response:
        """The signal in a rectangle of the map, as a PNG."""
        box = bodies.of_query(bodies.PictureBox, dict(request.query_params))
        png = await self._ask(lambda state: state.picture(**box.model_dump()))
        return Response(png, media_type="image/png")

    async def at(self, request: Request) -> Response:
        """Servers, margins and the profile at a place."""
        spot = bodies.of_query(bodies.Spot, dict(request.query_params))
        return JSONResponse(plain(await self._ask(lambda state: state.at(spot.longitude, spot.latitude, spot.family))))

    async def top(self, request: Request) -> Response:
        """The highest ground near a place."""
        place = bodies.of_query(bodies.Place, dict(request.query_params))
        return JSONResponse(plain(await self._ask(lambda state: state.highest_near(place.longitude, place.latitude))))

    async def edits(self, request: Request) -> Response:
        """The whole list of edits; what it changes."""
        self._editor(request)
        given = bodies.of_body(bodies.EditList, await request.body())
        change = await asyncio.wrap_future(self.desk.edit(given.version, given.edits))
        self.scenario = given.scenario
        self.change = {**_change(change), "version": given.version}
        self.events.publish("edits", {"version": given.version})
        return JSONResponse(self.change)

    async def targets(self, request: Request) -> Response:
        """Begin the targets of the present edits; they come as an event."""
        self.desk.want_targets(bodies.of_query(bodies.Language, dict(request.query_params)).lang)
        return JSONResponse({"version": self.desk.version}, status_code=202)

    async def scenarios(self, _: Request) -> Response:
        """Names of the saved scenarios."""
        return JSONResponse({"names": self.files.names()})

    async def save(self, request: Request) -> Response:
        """The present edits under a name."""
        self._editor(request)
        name = bodies.of_body(bodies.Named, await request.body()).name
        self.files.save(name, self.desk.edits)
        self.scenario = name
        return JSONResponse({"names": self.files.names(), "scenario": name})

    async def one_scenario(self, request: Request) -> Response:
        """The edits of a saved scenario."""
        name = bodies.of_query(bodies.Named, dict(request.query_params)).name
        return JSONResponse({"name": name, "edits": [edit.written() for edit in self.files.read(name)]})

    async def forget(self, request: Request) -> Response:
        """The edits of an earlier server are not wanted."""
        self._editor(request)
        bodies.of_body(bodies.Nothing, await request.body())
        self.files.forget()
        return JSONResponse({})

    async def compare(self, request: Request) -> Response:
        """Two scenarios side by side."""
        names = bodies.of_query(bodies.Compared, dict(request.query_params))
        edits = [self.files.read(name) for name in (names.first, names.second)]
        found = await self._ask(lambda state: state.compare(*edits))
        return JSONResponse({**plain({**found, "shares": None}), "shares": frames.columns_and_rows(found["shares"])})

    async def export(self, _: Request) -> Response:
        """The sites after the edits as a CSV file that `read_sites` reads."""
        content = await self._ask(lambda state: self.files.csv(state.table()))
        headers = {"content-disposition": 'attachment; filename="sites.csv"'}
        return Response(content, media_type="text/csv; charset=utf-8", headers=headers)

    async def plan(self, request: Request) -> Response:
        """Begin to complete the plan, in a process of its own."""
        self._editor(request)
        order = bodies.of_body(bodies.PlanOrder, await request.body())
        self.planner.start(order, self.desk.edits)
        return JSONResponse({}, status_code=202)

    async def cancel(self, request: Request) -> Response:
        """End the plan that is being made."""
        self._editor(request)
        bodies.of_body(bodies.Nothing, await request.body())
        self.planner.cancel()
        return JSONResponse({})

    async def listen(self, _: Request) -> Response:
        """The stream of events."""
        return StreamingResponse(self.events.listen(), media_type="text/event-stream")


def _change(change: Any) -> dict[str, Any]:
    bounds = None if change.bounds is None else [float(value) for value in change.bounds]
    tables = {name: frames.columns_and_rows(getattr(change, name)) for name in ("shares", "villages", "moved")}
    cost = dict(change.cost)
    sites = cost.pop("sites", None)
    rows = frames.columns_and_rows(sites) if hasattr(sites, "columns") else plain(sites)
    return {"bounds": bounds, **tables, "cost": {**plain(cost), "sites": rows}}


def refusal_answer(refusal: Refusal) -> App:
    """The answer to a request that the guard refuses."""
    return PlainTextResponse(f"{both(f'web.{refusal.reason}')}\n", refusal.status)


def _error(status: int, message: str) -> Response:
    halves = (message.zh, message.en) if isinstance(message, Bilingual) else (str(message), str(message))
    return JSONResponse({"error": dict(zip(("zh", "en"), halves, strict=True))}, status)


async def _refused(_: Request, error: Exception) -> Response:
    message = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
    return _error(409 if isinstance(error, OnlyLooks) else 422, message)


async def _superseded(_: Request, __: Exception) -> Response:
    return _error(409, both("web.superseded"))


async def _unknown(_: Request, error: Exception) -> Response:
    return _error(getattr(error, "status_code", 404), both("web.unknown_route"))


async def _failed(_: Request, error: Exception) -> Response:
    print(f"{both('web.failed')}: {type(error).__name__}: {error}", file=sys.stderr)
    return _error(500, both("web.failed"))
