"""One file from one address to the disk: continued where it broke off, bounded in size, time and attempts."""

import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edged.catalog.half import Half
from edged.catalog.replies import LONGEST_WAIT_S, REDIRECTS, Body, Broken, body, redirected, shown
from edged.errors import ModelError

if TYPE_CHECKING:
    from requests import Response, Session

OnProgress = Callable[[str, int, int], None]
"""Called with the file's name, bytes so far and bytes in all (0: not known)."""

TIMEOUTS_S = (10.0, 30.0)
"""Seconds to connect, and of silence."""
MAX_REDIRECTS = 5
FRUITLESS = 4
"""Attempts in a row that may bring nothing."""
ATTEMPTS = 30
"""Attempts in all; GitHub and mirrors break a large download a few times at most."""
LONGEST_BACK_OFF_S = 30.0
PIECE = 1 << 16
"""Bytes read at a time."""
SLOWEST, SLOW_S = 1000, 60.0
"""Bytes a second, over that many seconds, below which a server counts as hung."""


class Unfinished(ModelError):
    """What arrived so far waits for the next pull."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """How this pull fetches."""

    progress: OnProgress
    room: Callable[[int], None]
    """Called with the bytes that are about to come; raises if the disk has no room for them."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def fetch(self, url: str, into: Path, limit: int) -> None:
        """Put what lies at `url` into the file `into`, or leave a half that the next call continues.

        limit: bytes that it may have. A file that is there already is taken to be it.

        Raises:
            Unfinished: the server is not there, or broke off too often.
            ModelError: the server refuses, or has something other than expected.
            OSError: the disk is full or refuses.
        """
        if into.exists():
            return
        half, fruitless = Half(into), 0
        with closing(_session()) as session:
            for attempt in range(1, ATTEMPTS + 1):
                before = half.size()
                try:
                    self._attempt(session, url, half, limit)
                except Broken as exc:
                    fruitless = 0 if half.size() > before else fruitless + 1
                    if fruitless > FRUITLESS or attempt == ATTEMPTS or (exc.wait_s or 0) > LONGEST_WAIT_S:
                        times = f"{attempt} attempts" if attempt > 1 else "one attempt"
                        raise Unfinished(f"{shown(url)}: {exc} (given up after {times})") from exc
                    own = min(2.0**fruitless, LONGEST_BACK_OFF_S)
                    self.sleep(own if exc.wait_s is None else exc.wait_s)
                except Unfinished:
                    raise
                except ModelError:
                    half.discard()
                    raise
                else:
                    half.finish()
                    return

    def _attempt(self, session: "Session", url: str, half: Half, limit: int) -> None:
        have, size = half.of(url), half.size()
        if have is not None and size == have.length:
            return
        ask = {"Accept-Encoding": "identity"}
        if have is not None:
            ask |= {"Range": f"bytes={size}-", "If-Range": have.validator}
        with _answer(session, url, ask) as answer:
            if have is not None and answer.status_code == 416:
                half.discard()
                raise Broken("has no such part of it any more")
            try:
                coming = body(url, answer.status_code, answer.headers, have, size)
            except Broken as exc:
                if answer.status_code == 206:
                    half.discard()
                raise exc from None
            if (coming.part.length or 0) > limit:
                raise ModelError(
                    f"{shown(url)}: {coming.part.length} bytes long, at most {limit} are expected"
                )
            self.room((coming.part.length or limit) - coming.start)
            if coming.start == 0:
                half.begin(coming.part)
            self._write(url, answer, coming, half, limit)

    def _write(self, url: str, answer: "Response", coming: Body, half: Half, limit: int) -> None:
        done, length = coming.start, coming.part.length
        since, then = self.clock(), done
        with half.bytes.open("ab") as out:
            while piece := _read(answer):
                done += len(piece)
                if done > (limit if length is None else length):
                    raise ModelError(f"{shown(url)}: sends more than the {length or limit} bytes expected")
                out.write(piece)
                out.flush()  # killed now, the next pull goes on from here
                self.progress(half.into.name, done, length or 0)
                if (now := self.clock()) - since >= SLOW_S:
                    if done - then < SLOWEST * SLOW_S:
                        raise Broken(f"sends less than {SLOWEST} bytes a second")
                    since, then = now, done
        if length is not None and done < length:
            raise Broken(f"broke off after {done} of {length} bytes")


def _session() -> "Session":
    import requests

    class OneAnswer(requests.Session):
        """Takes a redirect for an answer: even told not to follow it, requests would read its body whole."""

        def get_redirect_target(self, resp: "Response") -> None:
            return None

    session = OneAnswer()
    session.headers["User-Agent"] = "edged (models pull)"
    return session


@contextmanager
def _answer(session: "Session", url: str, headers: dict[str, str]) -> "Generator[Response]":
    """Ask, and follow redirects as `redirected` allows."""
    at = url
    for _ in range(MAX_REDIRECTS + 1):
        with _asked(session, at, headers) as answer:
            if answer.status_code not in REDIRECTS:
                yield answer
                return
            at = redirected(at, answer.headers.get("Location", ""))
    raise ModelError(f"{shown(url)}: redirects more than {MAX_REDIRECTS} times")


def _asked(session: "Session", url: str, headers: dict[str, str]) -> "Response":
    import requests

    try:
        return session.get(url, headers=headers, stream=True, allow_redirects=False, timeout=TIMEOUTS_S)
    except (
        ValueError,
        requests.exceptions.SSLError,
    ) as exc:  # ValueError: no address, or one of another kind
        raise ModelError(f"{shown(url)}: {_short(exc)}") from exc
    except requests.RequestException as exc:
        raise Broken(f"does not answer ({_short(exc)})") from exc


def _read(answer: "Response") -> bytes:
    """Return what has arrived, at most a piece of it; empty at the end."""
    import requests
    from urllib3.exceptions import HTTPError

    try:
        return answer.raw.read1(PIECE, decode_content=False)
    except (HTTPError, requests.RequestException) as exc:
        raise Broken(f"broke off ({_short(exc)})") from exc


def _short(exc: BaseException) -> str:
    """Return the innermost reason: libraries wrap one in the other's text, addresses and all."""
    while isinstance(inner := exc.__cause__ or exc.__context__, Exception):
        exc = inner
    return str(getattr(exc, "strerror", None) or exc or type(exc).__name__)[:120]
