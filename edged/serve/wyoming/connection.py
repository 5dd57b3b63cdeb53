"""One Wyoming client: what it asks for, and the sound that belongs to it."""

import contextlib
import logging
from typing import Any, Protocol, cast

from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.satellite import RunSatellite
from wyoming.wake import Detect

from edged.errors import EdgedError
from edged.runtime.frame_taps import FrameTaps
from edged.serve.admission import Busy
from edged.serve.reception import Reception
from edged.serve.samples import Samples
from edged.serve.wyoming.asr import AsrRound
from edged.serve.wyoming.mic import QUIET_S, send_until_it_speaks
from edged.serve.wyoming.satellite.satellite import Satellite
from edged.serve.wyoming.satellite.session import Session
from edged.serve.wyoming.wake import WakeRound
from edged.serve.wyoming.wire import Nonsense, Wire
from edged.serve.wyoming.words import meant
from edged.stages.recognize.recognizer import Pcm

log = logging.getLogger(__name__)

MOST_TEXTS = 1000
"""Names that a request may list."""


class Round(Protocol):
    """What is done with the sound of a client."""

    async def begin(self) -> None: ...
    async def hear(self, pcm: Pcm) -> None: ...
    async def finish(self) -> bool:
        """Return whether more may follow on this connection."""
        ...

    def close(self) -> None: ...


class Connection:
    """Reads events until the client has what it wanted, leaves, or talks nonsense."""

    def __init__(
        self,
        wire: Wire,
        reception: Reception,
        info: Info,
        client: str,
        heard: FrameTaps | None = None,
        satellite: Satellite | None = None,
    ) -> None:
        """Prepare.

        Args:
            wire: to the client.
            reception: hears its sound.
            info: the answer to `describe`.
            client: as the log calls it.
            heard: the sound for a client that asks nothing; None: there is none.
            satellite: for a client that wants one; None: there is none.
        """
        self._wire = wire
        self._reception = reception
        self._info = info
        self._client = client
        self._heard = heard
        self._satellite = satellite
        self._session: Session | None = None
        self._has = contextlib.ExitStack()
        self._round: Round | None = None
        self._samples: Samples | None = None
        self._form: tuple[int, int, int] | None = None

    async def run(self) -> None:
        """Serve it to the end."""
        try:
            if self._heard is not None and not await self._wire.begins(QUIET_S):
                await send_until_it_speaks(self._wire, self._heard, self._client)
            while (event := await self._wire.read()) is not None:
                if not await self._answer(event):
                    await self._wire.end()
                    break
        except Busy as exc:
            await self._refuse(str(exc), "busy")
        except Nonsense as exc:
            await self._refuse(str(exc), "bad-event")
        except EdgedError as exc:
            await self._refuse(str(exc), "failed")
        except TimeoutError:
            await self._refuse("nothing was said for too long", "idle")
        except ConnectionError:
            log.debug("wyoming: %s left", self._client)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of everything that was opened for this client."""
        self._free()
        self._wire.close()

    def _free(self) -> None:
        """Be of no more use to it."""
        if self._round is not None:
            self._round.close()
        self._has.close()

    async def _answer(self, event: Event) -> bool:
        """Do what an event asks; return whether to go on reading."""
        if Describe.is_type(event.type):
            await self._wire.write(self._info)
        elif self._session is not None:
            await self._session.answer(event)  # whatever else it says belongs to the satellite it has
        elif RunSatellite.is_type(event.type) and self._satellite is not None:
            self._free()
            self._session = self._has.enter_context(self._satellite.belonging_to(self._client, self._wire))
            await self._session.answer(event)
        elif Ping.is_type(event.type):
            await self._wire.write(Pong(text=_text(event.data.get("text"))))
        elif Detect.is_type(event.type):
            self._begin(self._detect(event.data))
        elif Transcribe.is_type(event.type):
            self._begin(AsrRound(_request(event), self._wire, self._reception, self._client))
        elif AudioStart.is_type(event.type):
            await self._start(_form(event.data))
        elif AudioChunk.is_type(event.type):
            await self._chunk(event)
        elif AudioStop.is_type(event.type):
            return await self._stop()
        return True  # events that are for others are passed over, as the protocol asks

    def _begin(self, what: Round) -> None:
        if self._round is not None:
            self._round.close()
        self._round, self._samples = what, None

    def _detect(self, data: dict[str, Any]) -> WakeRound:
        """Raises EdgedError where no word of those names is listened for here."""
        offered = {word: head.name for word, head in self._reception.heads.items()}
        found, unknown = meant(_texts(data, "names") or list(offered), offered)
        if not found:
            raise EdgedError(f"no wake word {', '.join(unknown)} here; there are: {', '.join(offered)}")
        if unknown:
            log.warning("wyoming: %s also asked for %s, which is not here", self._client, ", ".join(unknown))
        return WakeRound(found, self._wire, self._reception, self._client)

    async def _start(self, form: tuple[int, int, int]) -> None:
        """Begin to hear; without a request before it, every word is listened for."""
        if self._round is None:
            self._begin(self._detect({}))
        assert self._round is not None
        self._samples, self._form = Samples(*form), form
        await self._round.begin()

    async def _chunk(self, event: Event) -> None:
        form = _form(event.data)
        if self._samples is None:
            await self._start(form)
        assert self._samples is not None
        assert self._round is not None
        if form != self._form:
            raise Nonsense(
                f"the form of the sound changed from {self._form} to {form}; send audio-start first"
            )
        await self._round.hear(self._samples.push(event.payload or b""))

    async def _stop(self) -> bool:
        if self._round is None:
            return True
        if self._samples is not None:
            await self._round.hear(self._samples.finish())
        self._samples = None
        return await self._round.finish()

    async def _refuse(self, sentence: str, code: str) -> None:
        log.info("wyoming: %s: %s", self._client, sentence)
        self._free()
        try:
            await self._wire.write(Error(text=sentence, code=code))
        except (ConnectionError, TimeoutError):
            self._wire.abort()
        else:
            await self._wire.end()


def _form(data: dict[str, Any]) -> tuple[int, int, int]:
    """Return rate, width and channels of a piece of sound."""
    rate, width, channels = data.get("rate"), data.get("width"), data.get("channels")
    if not (type(rate) is int and type(width) is int and type(channels) is int):
        raise Nonsense("sound without rate, width and channels")
    return rate, width, channels


def _request(event: Event) -> Transcribe:
    """Return what is asked for, whose fields are what they should be."""
    for key in ("language", "vad_sensitivity"):
        if event.data.get(key) is not None and _text(event.data[key]) is None:
            raise Nonsense(f"transcribe: {key} must be text")
    for key in ("transcript_names", "transcript_terms"):
        _texts(event.data, key)
    return Transcribe.from_event(event)


def _text(said: object) -> str | None:
    return said if isinstance(said, str) else None


def _texts(data: dict[str, Any], key: str) -> list[str]:
    """Return a list of texts, empty where there is none; of at most `MOST_TEXTS`."""
    said = data.get(key)
    if said is None:
        return []
    texts = [_text(each) for each in cast("list[object]", said)] if isinstance(said, list) else [None]
    if None in texts or len(texts) > MOST_TEXTS:
        raise Nonsense(f"{key} must be a list of at most {MOST_TEXTS} texts")
    return [text for text in texts if text is not None]
