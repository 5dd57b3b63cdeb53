"""What delivers sound to the path: a blocking pull of frames."""

from typing import Protocol

from edged.messages import Frame


class Source(Protocol):
    """One stream of sound, always delivered as int16 mono at 16 kHz whatever it was before."""

    @property
    def name(self) -> str:
        """Name of the stream in events: `wav`, `stdin`."""
        ...

    @property
    def rate(self) -> int:
        """Samples per second before resampling, for people."""
        ...

    def read(self) -> Frame | None:
        """Wait for the next frame: HOP samples, fewer in the last one, never padded; None at the end.

        Raises:
            AudioInputError: What comes cannot be read as sound; the source is at its end then.
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
