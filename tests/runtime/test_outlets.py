"""A sink that is driven by a thread ends after its last event."""

import threading

from edged.messages import Event, Gap, Scores
from edged.runtime.outlets import Outlets


class Driven:
    """A sink with something to wait for, which notes what it is told and from which thread."""

    name = "driven"
    wants_scores = False
    deadline_s = 10.0

    def __init__(self, breaks: bool = False) -> None:
        self.told: list[tuple[str, str]] = []
        self._breaks = breaks
        self._ending = threading.Event()

    def _note(self, what: str) -> None:
        self.told.append((what, threading.current_thread().name))

    def publish(self, event: Event) -> None:
        self._note("event")

    def step(self) -> bool:
        if self._breaks:
            raise ValueError("a fault of ours")
        self._ending.wait()
        self._note("last step")
        return False

    def tell_to_stop(self) -> None:
        self._note("stop")
        self._ending.set()

    def close(self) -> None:
        self._note("close")


def test_a_driven_sink_has_a_thread_of_its_own_and_ends_after_its_last_event():
    sink = Driven()
    outlets = Outlets([sink], lossless=False, on_end=lambda worker: None)
    assert [(worker.name, worker.vital) for worker in outlets.workers] == [
        ("sink-driven", False),
        ("driven", False),
    ]
    outlets.start()
    outlets.emit("mic", None, 0, Gap(1, "capture"))
    assert outlets.close(20) == 0
    assert sink.told == [
        ("event", "sink-driven"),
        ("stop", "MainThread"),
        ("last step", "driven"),
        ("close", "MainThread"),
    ]


def test_a_driver_that_breaks_is_told_and_ends_nothing_else(caplog):
    sink, ended = Driven(breaks=True), []
    outlets = Outlets([sink], lossless=False, on_end=ended.append)
    outlets.start()
    outlets.emit("mic", None, 0, Gap(1, "capture"))
    outlets.close(20)
    assert ("event", "sink-driven") in sink.told
    assert [worker.name for worker in ended] == ["sink-driven"]
    assert ended[0].failure is None
    assert "driven ended, and edged goes on without it" in caplog.messages


def test_who_begins_to_listen_is_shown_what_comes_from_then_on_until_the_end_of_it():
    outlets = Outlets([], lossless=False, on_end=lambda worker: None)
    events: list[str] = []
    scores: list[str] = []

    def note(event: Event) -> None:
        events.append(event.name)

    def note_scores(event: Event) -> None:
        scores.append(event.name)

    def both() -> None:
        outlets.emit("mic", None, 1280, Gap(1280, "source"))
        outlets.emit("mic", None, 1280, Scores({"alexa": 0.1}, warming=False))

    both()
    outlets.listen(note)
    both()
    outlets.listen(note_scores, scores=True)
    both()
    outlets.unlisten(note)
    both()
    outlets.unlisten(note_scores, scores=True)
    both()
    assert (events, scores) == (["gap", "gap"], ["scores", "scores"])
