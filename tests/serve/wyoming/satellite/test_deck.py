"""Of a command nothing is lost that is still kept, nothing is sent twice, and what is lost is known."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import HOP
from edged.messages import Activation, Endpoint, Event, Frame, Listening, Muted, Ran
from edged.serve.wyoming.satellite.deck import FRAMES, Command, Deck

ACTIVATION = Activation("hey_jarvis", 0.9, (0.9,), 0.5, 0, Ran("cpu", "cpu"), 1.0)


class Path:
    """What the path does: events of a frame, then the frame."""

    def __init__(self, frames=FRAMES) -> None:
        self.told = 0
        self.deck = Deck("mic", self._tell, frames)
        self.at = 0

    def hear(self, *bodies, number=1, stream="mic", samples=HOP) -> None:
        for body in bodies:
            self.deck.told(Event(stream, number, self.at + samples, "", body))
        self.deck.heard(Frame(self.at, self.sound(self.at, samples)))
        self.at += samples

    def skip(self, samples: int) -> None:
        self.at += samples

    @staticmethod
    def sound(at: int, samples: int) -> np.ndarray:
        return (np.arange(at, at + samples) % 30_011).astype(np.int16)

    def _tell(self) -> None:
        self.told += 1


def read(deck: Deck, command: Command, at: int) -> tuple[np.ndarray, int, int, bool]:
    """All that is there: the sound, where it ends, what was lost before, whether it is all."""
    parts, lost = [], 0
    while True:
        piece = deck.read(command, at)
        lost += piece.start - at
        at = piece.end
        parts.append(piece.pcm)
        if piece.last or not len(piece.pcm):
            return np.concatenate(parts), at, lost, piece.last


def test_a_command_is_its_samples_from_where_it_begins_to_where_it_ends():
    path = Path()
    for _ in range(5):
        path.hear()
    path.hear(ACTIVATION, Listening(3 * HOP + 77))
    command = path.deck.newest
    assert (command.number, command.word, command.woken) == (1, "hey_jarvis", 6 * HOP)
    pcm, at, lost, last = read(path.deck, command, command.start)
    assert (len(pcm), at, lost, last) == (3 * HOP - 77, 6 * HOP, 0, False)
    path.hear(Endpoint("silence"))
    path.hear()
    rest, at, lost, last = read(path.deck, command, at)
    assert (at, lost, last) == (7 * HOP, 0, True)
    assert np.array_equal(np.concatenate([pcm, rest]), path.sound(command.start, at - command.start))


def test_one_that_begins_ahead_of_the_sound_waits_for_it():
    path = Path()
    path.hear(ACTIVATION, Listening(2 * HOP + 5))
    command = path.deck.newest
    assert not len(path.deck.read(command, command.start).pcm)
    path.hear()
    path.hear()
    pcm, _, lost, _ = read(path.deck, command, command.start)
    assert (len(pcm), lost) == (HOP - 5, 0)


def test_what_was_told_of_another_stream_or_of_a_follow_up_begins_nothing():
    path = Path()
    path.hear(Listening(0), stream="wyoming:1")
    path.hear(Listening(0, "follow_up"))
    assert path.deck.newest is None
    assert path.told == 0
    path.hear(Listening(0, "trigger"))
    assert path.deck.newest.word is None
    path.hear(Endpoint("silence"), stream="wyoming:1")
    path.hear(Endpoint("silence"), number=2)
    assert path.deck.newest.stop is None


def test_of_a_muted_command_nothing_more_is_read_not_even_what_was_heard_before():
    path = Path()
    path.hear(ACTIVATION, Listening(0))
    path.hear(Endpoint("silence"))
    command = path.deck.newest
    path.deck.told(Event("mic", None, path.at, "", Muted("socket")))
    piece = path.deck.read(command, 0)
    assert (len(piece.pcm), piece.last) == (0, True)


def test_an_end_within_a_frame_is_the_end():
    path = Path()
    path.hear(ACTIVATION, Listening(0))
    path.hear()
    path.deck.told(Event("mic", 1, path.at - 100, "", Endpoint("silence")))
    path.hear()
    pcm, _, lost, last = read(path.deck, path.deck.newest, 0)
    assert (len(pcm), lost, last) == (2 * HOP - 100, 0, True)


def test_an_end_without_a_frame_after_it_is_an_end():
    path = Path()
    path.hear(ACTIVATION, Listening(0))
    path.deck.told(Event("mic", 1, path.at, "", Endpoint("device_lost")))
    *_, at, _, last = read(path.deck, path.deck.newest, 0)
    assert (at, last) == (HOP, True)


@given(
    st.lists(st.one_of(st.just("hear"), st.just("read"), st.integers(1, 3 * HOP)), max_size=60),
    st.integers(0, 2 * HOP),
)
def test_each_sample_that_is_kept_is_read_once_and_each_other_is_counted(steps, start):
    path = Path(frames=4)
    path.hear(ACTIVATION, Listening(start))
    command, at = path.deck.newest, start
    known = np.ones(HOP, bool)
    """The model: which samples of the stream were heard."""
    read_, lost_before = [], 0
    frames = [0]
    for step in [*steps, "read"]:
        if step == "hear":
            path.hear()
            frames.append(path.at - HOP)
            known = np.concatenate([known, np.ones(HOP, bool)])
        elif step == "read":
            oldest = frames[-4:][0]
            due = np.flatnonzero(known[max(at, oldest) :]) + max(at, oldest)
            pcm, now, lost, last = read(path.deck, command, at)
            assert not last
            assert np.array_equal(pcm, (due % 30_011).astype(np.int16))
            assert lost == now - at - len(pcm)
            read_.append(pcm)
            lost_before += lost
            at = now
        else:
            path.skip(step)
            known = np.concatenate([known, np.zeros(step, bool)])
    assert sum(map(len, read_)) + lost_before == at - start
