"""Many recordings at once: in order, nothing above the model's limit, nothing heard twice or not at all."""

import io
import json
import threading
from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import soundfile

from edged.errors import ProviderFailed
from edged.geometry import SAMPLE_RATE
from edged.messages import Transcript
from edged.runtime.transcribe.crew import Crew
from edged.runtime.transcribe.listing import Item
from edged.runtime.transcribe.manner import Manner
from edged.runtime.transcribe.output import Folder, Stream
from edged.runtime.transcribe.transcriber import Transcriber
from edged.stages.recognize.fake import FakeRecognizer
from edged.stages.recognize.recognizer import Final, Lost

LIMIT = 4 * SAMPLE_RATE
MANNER = Manner("fake", LIMIT, pause=SAMPLE_RATE // 2, threshold=0.5)


class LoudIsSpeech:
    """A VAD that a test can foretell."""

    provider = "fake"

    def stream(self):
        return self

    def reset(self):
        pass

    def probability(self, pcm):
        return float(np.abs(pcm).max() > 1000)

    def close(self):
        pass


@dataclass
class Late(FakeRecognizer):
    """Answers the newest first, from another thread, once as many wait as it is given at a time."""

    waiting: deque = field(default_factory=deque)
    lose: bool = False

    def finish(self, utterance):
        samples = sum(map(len, self.heard[utterance]))
        final = Final(utterance, Transcript(f"heard {samples}"), 0.0, samples / SAMPLE_RATE)
        self.waiting.append(Lost(utterance, "died") if self.lose else final)
        if len(self.waiting) == 1:
            threading.Timer(0.02, self._answer).start()

    def _answer(self):
        while self.waiting:
            self.on_reply(self.waiting.pop())


def crew_of(make, jobs):
    hired = []

    def hire(on_reply):
        hired.append(make(on_reply))
        return hired[-1]

    return Crew(hire, jobs), hired


def write(path, *stretches):
    """Write a recording of (seconds, loudness) stretches; every sample differs from its neighbours."""
    rng = np.random.default_rng(len(stretches))
    pcm = [rng.integers(-loud, loud + 1, round(s * SAMPLE_RATE)) for s, loud in stretches]
    soundfile.write(path, np.concatenate(pcm).astype(np.int16), SAMPLE_RATE)
    return Item(path.stem, path)


def run(items, crew, jobs=1, output=None, manner=MANNER):
    stream, told = io.StringIO(), []
    output = output or Stream(stream, "json", single=False)
    failed = Transcriber(manner, LoudIsSpeech(), crew, jobs, output, told.append).run(items)
    return failed, json.loads(stream.getvalue() or "[]"), told


def test_no_part_is_above_the_limit_and_every_loud_sample_is_heard_once(tmp_path):
    item = write(
        tmp_path / "a.wav", (1, 20), (11, 9000), (3, 20), (2, 9000), (0.3, 20), (2.01, 9000), (4, 20)
    )
    crew, hired = crew_of(FakeRecognizer, 1)
    failed, (document,), _ = run([item], crew)
    assert failed == 0
    heard = [np.concatenate(pieces) for pieces in hired[0].heard.values()]
    assert max(map(len, heard)) <= LIMIT
    pcm, _ = soundfile.read(item.path, dtype="int16")
    places = [(round(s["start"] * SAMPLE_RATE), round(s["end"] * SAMPLE_RATE)) for s in document["segments"]]
    assert all(np.array_equal(part, pcm[a:b]) for part, (a, b) in zip(heard, places, strict=True))
    covered = np.zeros(len(pcm), int)
    for start, stop in places:
        covered[start:stop] += 1
    assert covered.max() == 1
    assert covered[np.abs(pcm) > 1000].all()


def test_documents_and_passages_come_in_order_though_answers_do_not(tmp_path):
    items = [
        write(
            tmp_path / f"{n}.wav", *[(0.5 + n / 10 + k / 100, 9000) if k % 2 else (2, 20) for k in range(9)]
        )
        for n in range(6)
    ]
    crew, hired = crew_of(Late, 3)
    failed, documents, _ = run(items, crew, jobs=3)
    assert failed == 0
    assert len(hired) == 3
    assert [document["id"] for document in documents] == [item.id for item in items]
    for document in documents:
        assert len(document["segments"]) == 4
        for segment in document["segments"]:
            samples = round((segment["end"] - segment["start"]) * SAMPLE_RATE)
            assert segment["text"] == f"heard {samples}"


def test_a_bad_recording_stops_no_other_and_is_one_sentence(tmp_path):
    good = write(tmp_path / "good.wav", (1, 9000))
    (tmp_path / "bad.wav").write_bytes(b"RIFF of nothing")
    late = np.concatenate([np.full(3 * SAMPLE_RATE, 0.5), [np.nan]]).astype(np.float32)
    soundfile.write(tmp_path / "late.wav", late, SAMPLE_RATE, subtype="FLOAT")
    items = [Item(name, tmp_path / f"{name}.wav") for name in ("bad", "absent", "late")]
    crew, _ = crew_of(FakeRecognizer, 1)
    failed, documents, told = run([*items, good], crew)
    assert failed == len(told) == 3
    assert [("error" in document) for document in documents] == [True, True, True, False]
    assert all(str(item.path) in sentence for item, sentence in zip(items, told, strict=True))


def test_what_the_recognizer_lost_is_told_and_asked_again_by_the_next_run(tmp_path):
    item = write(tmp_path / "a.wav", (1, 9000))
    out = tmp_path / "out"
    losing, _ = crew_of(lambda on_reply: Late(on_reply, lose=True), 1)
    failed, _, told = run([item], losing, output=Folder(out, "text"))
    assert (failed, (out / "a.txt").read_text()) == (1, "")
    assert "no text for 0.0 to 1.0 s (died)" in told[0]
    crew, hired = crew_of(FakeRecognizer, 1)
    assert run([item], crew, output=Folder(out, "text"))[0] == 0
    assert len(hired[0].heard) == 1
    assert sorted(path.name for path in out.iterdir()) == ["a.txt"]


def test_an_interrupted_run_goes_on_where_it_was_with_the_same_text(tmp_path):
    items = [write(tmp_path / f"{n}.wav", *[(1, 9000), (2, 20)] * 5) for n in range(3)]
    texts = tuple(map(str, range(100)))
    whole, _ = crew_of(lambda on_reply: FakeRecognizer(on_reply, texts), 1)
    run(items, whole, output=Folder(tmp_path / "whole", "srt"))

    class Breaks(FakeRecognizer):
        def start(self, utterance, options):
            if utterance == 8:
                raise ProviderFailed("cpu", "the lights went out")
            super().start(utterance, options)

    broken, _ = crew_of(lambda on_reply: Breaks(on_reply, texts), 1)
    with pytest.raises(ProviderFailed):
        run(items, broken, output=Folder(tmp_path / "out", "srt"))
    rest, hired = crew_of(lambda on_reply: FakeRecognizer(on_reply, texts[7:]), 1)
    assert run(items, rest, output=Folder(tmp_path / "out", "srt"))[0] == 0
    assert len(hired[0].heard) == 8
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["0.srt", "1.srt", "2.srt"]
    for name in names:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_the_recognizer_hears_cleaned_sound_where_it_does_of_a_microphone(tmp_path):
    item = write(tmp_path / "a.wav", (3, 900), (1, 9000), (1, 900))
    heard = {}
    for path in ("off", "wake", "recognize"):
        crew, hired = crew_of(FakeRecognizer, 1)
        assert run([item], crew, manner=replace(MANNER, denoise=path))[0] == 0
        heard[path] = np.concatenate(hired[0].heard[1]).astype(float)
    assert np.array_equal(heard["off"], heard["wake"])
    assert len(heard["recognize"]) == len(heard["off"])
    hush = slice(0, SAMPLE_RATE // 5)
    assert heard["recognize"][hush].std() < 0.5 * heard["off"][hush].std()
