"""The port: one connection after the other, each with any number of rounds."""

import logging
from dataclasses import replace
from typing import Protocol

from aiohttp import WSCloseCode, web

from edged.errors import EdgedError
from edged.serve.admission import Busy
from edged.serve.front_end import Door
from edged.serve.funasr import replies
from edged.serve.funasr.asked import Asked, BadMessage, read
from edged.serve.funasr.offline import OfflineRound
from edged.serve.funasr.online import OnlineRound
from edged.serve.recordings import TooLarge
from edged.serve.site import Site, client
from edged.serve.websocket import Gone, Hung, WebSocket, wanted

log = logging.getLogger(__name__)

PAGE = "This is edged's FunASR port: it speaks WebSocket, as FunASR's clients do.\n"


class Round(Protocol):
    """What is done with the sound of a client."""

    async def hear(self, data: bytes, asked: Asked) -> None: ...
    async def finish(self, asked: Asked) -> None: ...
    def close(self) -> None: ...


def open_front_end(door: Door) -> "Funasr":
    """Prepare to listen."""
    return Funasr(door)


class Funasr:
    """See `FrontEnd`."""

    name = "funasr"

    def __init__(self, door: Door) -> None:
        self._door = door
        self._site = Site(self.name, door.config.serve.funasr, door)
        self._site.router.add_get("/{path:.*}", self._serve)

    async def start(self) -> int:
        """Listen; return the port. Raises OSError where the address cannot be had."""
        return await self._site.start()

    async def stop(self) -> None:
        """Let everybody go."""
        await self._site.stop()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if not wanted(request):
            return web.Response(text=PAGE)
        serve = self._door.config.serve
        socket = WebSocket(request, serve.idle_s, protocols=("binary",))
        response = await socket.open()
        conversation = Conversation(
            socket, self._door, client(request), Asked(mode=serve.funasr.default_mode)
        )
        await conversation.run()
        return response


class Conversation:
    """One connection."""

    def __init__(self, socket: WebSocket, door: Door, client: str, asked: Asked) -> None:
        self._socket = socket
        self._door = door
        self._client = client
        self._asked = asked
        self._round: Round | None = None
        self._failure = ""

    async def run(self) -> None:
        """Serve it to its end."""
        try:
            while (message := await self._socket.receive()) is not None:
                if isinstance(message, str):
                    await self._text(message)
                elif not self._failure:  # the rest of what failed is on its way
                    await self._sound(message)
            await self._socket.close()
        except Busy as exc:
            await self._socket.close(WSCloseCode.TRY_AGAIN_LATER, str(exc))
        except TooLarge as exc:
            await self._refuse(str(exc))
            await self._socket.close(WSCloseCode.MESSAGE_TOO_BIG, str(exc))
        except Hung as exc:
            await self._socket.close(WSCloseCode.OK, str(exc))
        except Gone:
            log.debug("funasr: %s left", self._client)
        finally:
            self._end_round()

    async def _text(self, text: str) -> None:
        try:
            said = read(text, self._asked)
        except BadMessage as exc:
            await self._refuse(str(exc))
            return
        self._asked = said.asked
        if not said.over:
            return
        failure = await self._finish()
        if said.end:
            await self._socket.send(replies.done(self._asked.mode, self._asked.name, failure))
        elif failure:
            await self._refuse(failure)
        self._failure = ""

    async def _sound(self, data: bytes) -> None:
        try:
            if self._round is None:
                self._round = self._begin()
            await self._round.hear(data, self._asked)
        except (Busy, TooLarge, Gone):
            raise
        except EdgedError as exc:  # the round is lost; the client is told at its end
            self._failure = str(exc)
            self._end_round()

    async def _finish(self) -> str:
        """End the round; return what went wrong in it."""
        problems = [*self._asked.problems, *([self._failure] if self._failure else [])]
        self._asked = replace(self._asked, problems=())
        try:
            if not self._failure:
                self._round = self._round or self._begin()
                await self._round.finish(self._asked)
        except (Busy, TooLarge, Gone):
            raise
        except EdgedError as exc:
            problems.append(str(exc))
        finally:
            self._end_round()
        return "; ".join(problems)

    def _begin(self) -> Round:
        if self._asked.mode != "offline":
            return OnlineRound(self._socket, self._door.reception, self._client)
        if self._door.recordings is None:
            raise EdgedError("[recognize] enabled = false: there is no recognizer here")
        return OfflineRound(self._socket, self._door.recordings, self._client)

    def _end_round(self) -> None:
        if self._round is not None:
            self._round.close()
            self._round = None

    async def _refuse(self, sentence: str) -> None:
        log.info("funasr: %s: %s", self._client, sentence)
        await self._socket.send(replies.failed(self._asked.mode, self._asked.name, sentence))
