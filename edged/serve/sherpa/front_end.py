"""The ports: one for streams, and one for files where it is asked for, since no message tells them apart."""

import logging

from aiohttp import web

from edged.serve.admission import Busy
from edged.serve.front_end import Door
from edged.serve.sherpa.offline import Offline
from edged.serve.sherpa.streaming import Streaming
from edged.serve.site import Site, client
from edged.serve.websocket import WebSocket, wanted
from edged.stages.recognize.recognizer import Options

log = logging.getLogger(__name__)

PAGE = "This is edged's sherpa-onnx port: it speaks WebSocket, as sherpa-onnx's clients do.\n"


def open_front_end(door: Door) -> "Sherpa":
    """Prepare to listen."""
    return Sherpa(door)


class Sherpa:
    """See `FrontEnd`."""

    name = "sherpa"

    def __init__(self, door: Door) -> None:
        self._door = door
        self._server = door.config.serve.sherpa
        self._streams = Site(self.name, self._server, door)
        self._streams.router.add_get("/{path:.*}", self._stream)
        self._files: Site | None = None
        self.offline_port: int | None = None
        """Where whole files are taken; None where they are not."""

    async def start(self) -> int:
        """Listen; return the port of streams. Raises OSError where an address cannot be had."""
        port = await self._streams.start()
        if self._server.offline_port is not None:
            server = self._server.model_copy(update={"port": self._server.offline_port})
            self._files = Site(self.name, server, self._door)
            self._files.router.add_get("/{path:.*}", self._file)
            self.offline_port = await self._files.start()
            log.info("sherpa: takes whole files on %s port %d", server.bind, self.offline_port)
        return port

    async def stop(self) -> None:
        """Let everybody go."""
        for site in (self._streams, self._files):
            if site is not None:
                await site.stop()

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if not wanted(request):
            return web.Response(text=PAGE)
        try:
            stream = await self._door.reception.dictate("sherpa", client(request), Options())
        except Busy as exc:  # before the upgrade: such clients know no other way to be told
            return web.Response(status=503, text=f"{exc}\n", headers={"Retry-After": "1"})
        socket = WebSocket(request, self._door.config.serve.idle_s)
        try:
            response = await socket.open()
        except BaseException:
            stream.close()
            raise
        await Streaming(socket, stream).run()
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if not wanted(request):
            return web.Response(text=PAGE)
        recordings = self._door.recordings
        if recordings is None:
            return web.Response(status=503, text="[recognize] enabled = false: there is no recognizer here\n")
        socket = WebSocket(request, self._door.config.serve.idle_s)
        response = await socket.open()
        await Offline(socket, recordings, client(request)).run()
        return response
