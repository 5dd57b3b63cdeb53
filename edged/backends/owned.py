"""Backends whose every call is made on a thread of their own, with a deadline: drivers that may hang.

A driver's object is used by the thread that made it and by no other; some break where it is shared.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from edged.backends.backend import FeatureBackend, FeatureStream, Floats, HeadBackend, Pcm
from edged.backends.link import Closable
from edged.backends.native_call import NativeCall
from edged.backends.select import HANGS
from edged.backends.verdict import Dangerous
from edged.errors import EdgedError, ProviderFailed, ProviderUnavailable

STEP_S = 0.5
"""Seconds for a call on the path: what waits meanwhile fits into the mailbox of two seconds."""

OPEN_S = 60.0
"""Seconds to open: a GPU compiles its kernels the first time."""

CLOSE_S = 2.0
"""Seconds to close."""

B = TypeVar("B", bound=Closable)


class Owner(Generic[B]):
    """Opens backends of one link, each on a thread of its own, and counts the threads it left behind."""

    def __init__(
        self,
        name: str,
        open_: Callable[[], B],
        wrap: Callable[[B, NativeCall], B],
        call: Callable[[str], NativeCall] = NativeCall,
    ) -> None:
        """`name` of the threads, e.g. `rknn heads`; `wrap` is `OwnedFeatures` or `OwnedHeads`."""
        self._name = name
        self._open = open_
        self._wrap = wrap
        self._call = call
        self.calls: list[NativeCall] = []
        """The newest last; before it those that hang."""

    def open(self) -> B:
        """Open it.

        Raises:
            ProviderUnavailable: it cannot be opened; Dangerous: it has hung too often to be trusted again.
            ModelError: as the backend raised it.
        """
        self.calls = [call for call in self.calls if call.abandoned]
        if len(self.calls) >= HANGS:
            raise Dangerous(
                self._name, f"hangs: it holds {HANGS} threads, so it is left alone until a restart"
            )
        call = self._call(self._name)
        self.calls.append(call)
        try:
            return self._wrap(call.run(self._open, OPEN_S), call)
        except ProviderFailed as exc:
            if not call.abandoned:
                call.close()
            raise ProviderUnavailable(exc.provider, exc.reason) from exc
        except EdgedError:
            call.close()
            raise


class OwnedFeatures:
    """A FeatureBackend on the thread that opened it."""

    def __init__(self, inner: FeatureBackend, call: NativeCall) -> None:
        self._inner = inner
        self._call = call
        self.provider = inner.provider
        self.device = inner.device
        self.precision = inner.precision

    @property
    def device_bytes(self) -> int | None:
        return self._inner.device_bytes  # counted by edged: the driver is not asked

    def stream(self) -> "_OwnedStream":
        return _OwnedStream(self._call.run(self._inner.stream, STEP_S), self._call)

    def close(self) -> None:
        _close(self._inner, self._call)


class _OwnedStream:
    def __init__(self, inner: FeatureStream, call: NativeCall) -> None:
        self._inner = inner
        self._call = call

    def prime(self, mel: Floats | None) -> None:
        self._call.run(lambda: self._inner.prime(mel), STEP_S)

    def step(self, pcm: Pcm, first: bool) -> tuple[Floats, Floats]:
        return self._call.run(lambda: self._inner.step(pcm, first), STEP_S)


class OwnedHeads:
    """A HeadBackend on the thread that opened it."""

    def __init__(self, inner: HeadBackend, call: NativeCall) -> None:
        self._inner = inner
        self._call = call
        self.provider = inner.provider
        self.device = inner.device
        self.precision = inner.precision
        self.columns = inner.columns
        self.windows = inner.windows

    def scores(self, history: Floats) -> Floats:
        return self._call.run(lambda: self._inner.scores(history), STEP_S)

    def close(self) -> None:
        _close(self._inner, self._call)


def _close(inner: Closable, call: NativeCall) -> None:
    """Close once; a thread that hangs keeps what it has.

    Raises:
        ProviderFailed: closing hangs, too.
    """
    if call.over:
        return
    try:
        call.run(inner.close, CLOSE_S)
    finally:
        call.close()
