"""The routes of the page: its files, how things are, events as they happen, clips and marks on them."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from aiohttp import web

from edged.errors import AudioInputError
from edged.runtime.clips.clip import NoSuchClip
from edged.runtime.clips.document import Verdict
from edged.runtime.clips.place import clips_folder
from edged.serve.dashboard.audience import Audience
from edged.serve.dashboard.origin import known_names, refusal
from edged.serve.dashboard.page_files import HEADERS, PageFile, page_files
from edged.serve.dashboard.picture import Progress, picture, pulse
from edged.serve.dashboard.shelf import Shelf
from edged.serve.dashboard.show import Show
from edged.serve.front_end import Door
from edged.serve.site import Site, client

LARGEST = 4096
"""Bytes of what a browser may send."""

VERDICTS = ("right", "wrong")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def open_front_end(door: Door) -> "Dashboard":
    """Prepare to listen."""
    return Dashboard(door)


def said(document: Any, status: int = 200) -> web.Response:
    """Answer in JSON that no cache keeps."""
    headers = {**HEADERS, "Cache-Control": "no-store"}
    return web.json_response(document, status=status, headers=headers)


def refused(status: int, sentence: str) -> web.Response:
    """Answer with a sentence."""
    return said({"error": sentence}, status)


class Dashboard:
    """See `FrontEnd`."""

    name = "dashboard"

    def __init__(self, door: Door) -> None:
        assert door.run is not None
        assert door.standing is not None
        own = door.config.serve.dashboard
        self._door, self._run, self._standing = door, door.run, door.standing
        self._names = known_names(socket.gethostname(), own.bind, own.names)
        self._shelf = Shelf(clips_folder(door.config.clips.dir))
        self._audience = Audience(door.run, own.transcripts)
        self._progress = Progress(lambda: self._run.hops)
        self._show = Show(self._audience, self._look, self._glance, own.transcripts)
        self._files = page_files()
        run = door.run
        self._orders: Mapping[str, Callable[[], str | None]] = {
            "mute": lambda: run.wishes.mute("dashboard"),
            "unmute": lambda: run.wishes.unmute("dashboard"),
            "trigger": lambda: run.wishes.trigger("dashboard"),
            "stop": run.wishes.stop_command,
        }
        """What may be asked of it; each returns why it does not."""
        self._site = Site(self.name, own, door, refused, most=LARGEST)
        router = self._site.router
        router.add_get("/", self._ours(self._page))
        router.add_get("/page/{name}", self._ours(self._page))
        router.add_get("/state", self._ours(self._state))
        router.add_get("/events", self._ours(self._events))
        router.add_get("/clips", self._ours(self._list))
        router.add_get("/clips/{id}", self._ours(self._clip))
        router.add_get("/clips/{id}/sound", self._ours(self._sound))
        router.add_post("/clips/{id}/mark", self._ours(self._mark))
        router.add_post("/orders/{name}", self._ours(self._order))
        router.add_delete("/clips/{id}", self._ours(self._delete))
        self._site.let_in_without_token("/", *(f"/page/{name}" for name in self._files))

    async def start(self) -> int:
        """Listen; return the port. Raises OSError where the address cannot be had."""
        return await self._site.start()

    async def stop(self) -> None:
        """Let everybody go."""
        self._audience.close()
        await self._site.stop()

    def _ours(self, handler: Handler) -> Handler:
        """Answer nobody but the page itself; where a clip is not there, say so."""

        async def answer(request: web.Request) -> web.StreamResponse:
            sent = request.headers
            why = refusal(
                sent.get("Host"), sent.get("Origin"), _site_of(request), self._names
            )  # before anything is looked at
            if why:
                return refused(403, why)
            try:
                return await handler(request)
            except NoSuchClip as exc:
                return refused(404, str(exc))
            except AudioInputError as exc:
                return refused(422, str(exc))

        return answer

    async def _page(self, request: web.Request) -> web.StreamResponse:
        file: PageFile | None = self._files.get(request.match_info.get("name", "index.html"))
        if file is None:
            return refused(404, "there is no such file")
        headers = {**HEADERS, "Cache-Control": "no-cache", "ETag": file.tag}
        if request.headers.get("If-None-Match") == file.tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.content, headers={**headers, "Content-Type": file.kind})

    async def _state(self, request: web.Request) -> web.StreamResponse:
        state = await asyncio.to_thread(self._look)
        return said({**state, "history": self._audience.history})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        with self._audience.seats.inside(client(request), self.name):
            return await self._show.to(request)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        return said({"clips": await asyncio.to_thread(self._shelf.newest)})

    async def _clip(self, request: web.Request) -> web.StreamResponse:
        return said(await asyncio.to_thread(self._shelf.one, request.match_info["id"]))

    async def _sound(self, request: web.Request) -> web.StreamResponse:
        path = await asyncio.to_thread(self._shelf.sound, request.match_info["id"])
        headers = {**HEADERS, "Content-Type": "audio/flac", "Cache-Control": "no-store"}
        return web.FileResponse(path, headers=headers)

    async def _mark(self, request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            return refused(415, "a mark is sent as application/json")
        try:
            async with asyncio.timeout(self._door.config.serve.idle_s):
                verdict = verdict_of(await request.read())
        except TimeoutError:
            return refused(408, "the mark stopped to come")
        except ValueError as exc:
            return refused(400, str(exc))
        await asyncio.to_thread(self._shelf.mark, request.match_info["id"], verdict)
        return said({"id": request.match_info["id"], "verdict": verdict})

    async def _order(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if request.content_type != "application/json":  # what no form of another page can send
            return refused(415, "an order is sent as application/json")
        if name not in self._orders:
            return refused(404, f"there is no such order; there are {', '.join(self._orders)}")
        why = self._orders[name]()
        return refused(409, why) if why else said({"done": name})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        await asyncio.to_thread(self._shelf.delete, request.match_info["id"])
        return said({"id": request.match_info["id"], "deleted": True})

    def _glance(self) -> dict[str, Any]:
        return pulse(self._run, self._standing().deaf, self._progress.still_s())

    def _look(self) -> dict[str, Any]:
        config = self._door.config
        return {
            **picture(self._run, self._standing(), self._progress.still_s()),
            "clips": {"enabled": config.clips.enabled, "edition": self._shelf.edition},
            "transcripts": config.serve.dashboard.transcripts,
        }


def verdict_of(body: bytes) -> Verdict | None:
    """Return what a mark says: `{"verdict": "right" | "wrong" | null}`.

    Raises:
        ValueError: it says nothing of that kind; the sentence is for the client.
    """
    wanted = 'a mark is {"verdict": "right"}, "wrong", or null to take it back'
    try:
        asked: object = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise ValueError(f"this is not JSON; {wanted}") from exc
    if not isinstance(asked, dict) or set(cast("dict[str, object]", asked)) != {"verdict"}:
        raise ValueError(wanted)
    verdict = cast("dict[str, object]", asked)["verdict"]
    if verdict is not None and verdict not in VERDICTS:
        raise ValueError(wanted)
    return verdict


def _site_of(request: web.Request) -> str | None:
    """Return whose page asks; a person may follow a link of anybody to the page itself."""
    opens = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.path == "/"
    return None if opens else request.headers.get("Sec-Fetch-Site")
