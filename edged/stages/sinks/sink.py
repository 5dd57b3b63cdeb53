"""What a sink must do."""

from typing import Protocol, runtime_checkable

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


@runtime_checkable
class Driven(Sink, Protocol):
    """A sink that also has something to wait for: clients, children, a broker. `publish` only hands over."""

    @property
    def deadline_s(self) -> float:
        """Seconds that one step may take."""
        ...

    def step(self) -> bool:
        """Do what there is to do, or wait a little for it; on a thread of its own. False at the end."""
        ...

    def tell_to_stop(self) -> None:
        """End the steps soon, after what must still be done; from any thread, after the last `publish`."""
        ...
