"""What a sink must do."""

from typing import Protocol

from edged.messages import Event


class Sink(Protocol):
    """Takes events on a thread of its own; may be slow, may fail, never holds up the path."""

    @property
    def name(self) -> str: ...
    @property
    def wants_scores(self) -> bool:
        """Whether `scores` events, 12.5 a second, are sent to it."""
        ...

    def publish(self, event: Event) -> None:
        """Write one event.

        Raises:
            SinkError: it could not be written; the same event is offered again after a pause.
            SinkGone: it never will be again.
        """
        ...

    def close(self) -> None:
        """Flush and release; closing twice is allowed."""
        ...
