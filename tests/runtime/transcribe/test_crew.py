"""Recognizers for recordings: waiting can be ended, and what was given up leaves nothing behind."""

import threading

import numpy as np
import pytest

from edged.messages import Transcript
from edged.runtime.transcribe.crew import Crew
from edged.stages.recognize.fake import FakeRecognizer
from edged.stages.recognize.recognizer import Final

SOUND = np.zeros(160, np.int16)


class GivenUp(Exception):
    pass


class Silent(FakeRecognizer):
    """Answers only when told to."""

    def finish(self, utterance):
        """Keep its text to itself."""

    def answer(self, utterance, text):
        self.on_reply(Final(utterance, Transcript(text), 0.0, 0.01))


@pytest.fixture
def silent():
    hired = []

    def hire(on_reply):
        hired.append(Silent(on_reply))
        return hired[-1]

    def look():
        raise GivenUp

    return Crew(hire, 1, look=look), hired


def test_what_looks_after_the_waiting_can_end_it(silent):
    crew, _ = silent
    first = crew.submit(SOUND)
    with pytest.raises(GivenUp):
        crew.answer(first)
    crew.submit(SOUND)
    with pytest.raises(GivenUp):
        crew.submit(SOUND)  # no room


def test_forgetting_waits_for_what_is_decoded_and_drops_its_text(silent):
    crew, hired = silent
    given_up = [crew.submit(SOUND), crew.submit(SOUND)]
    forgotten = threading.Thread(target=crew.forget)
    forgotten.start()
    hired[0].answer(given_up[0], "too late")
    assert forgotten.is_alive()
    hired[0].answer(given_up[1], "too late as well")
    forgotten.join(30)
    assert not forgotten.is_alive()
    assert not any(map(crew.answered, given_up))
    wanted = crew.submit(SOUND)
    hired[0].answer(wanted, "wanted")
    assert crew.answer(wanted).transcript.text == "wanted"
