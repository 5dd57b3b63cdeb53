"""What delivers sound to the path: a blocking pull of frames."""

from typing import Protocol

from edged.messages import Frame

NO_FLOW_S = 1.0
"""Seconds without a sample after which a live source counts as lost: twelve hops late is no jitter."""


class Source(Protocol):
    """One stream of sound, always delivered as int16 mono at 16 kHz whatever it was before."""

    @property
    def name(self) -> str:
        """Name of the stream in events: `wav`, `stdin`, `mic`."""
        ...

    @property
    def rate(self) -> int:
        """Samples per second before resampling, for people."""
        ...

    @property
    def live(self) -> bool:
        """Whether sound comes at its own pace and is lost where nobody takes it, as from a microphone."""
        ...

    @property
    def xruns(self) -> int:
        """How often the device itself lost samples since the source opened; 0 where there is no device."""
        ...

    def read(self) -> Frame | None:
        """Wait for the next frame: HOP samples, fewer in the last one, never padded; None at the end.

        Where the device itself lost samples, `start` jumps by as many as are known to be missing. A live
        source has no end of its own: None comes after `interrupt` only, and a read takes `NO_FLOW_S` at most.

        Raises:
            AudioInputError: What comes cannot be read as sound; the source is at its end then.
            AudioDeviceLost: Live sources: the device failed, went away or delivered nothing for
                `NO_FLOW_S`; close it and open it anew.
        """
        ...

    def interrupt(self) -> None:
        """End a `read` that waits: it answers None soon. From any thread; the only call that may be."""
        ...

    def close(self) -> None:
        """Let go of file or device; `read` answers None from then on. Closing twice is allowed.

        Called by the thread that reads: a decoder must not lose its file in the middle of a call.
        """
        ...


class Recorded(Source, Protocol):
    """A source with an end, whatever it was kept in."""

    @property
    def expected_s(self) -> float:
        """Seconds that it says it holds, 0 where it does not know."""
        ...
