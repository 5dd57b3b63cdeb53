"""What becomes of one recording: its document, and the sentence of what got no text."""

from pathlib import Path

from edged.geometry import SAMPLE_RATE
from edged.runtime.transcribe.cuts import Part
from edged.runtime.transcribe.listing import Item
from edged.runtime.transcribe.passage import Passage
from edged.runtime.transcribe.work import Work


def work() -> Work:
    return Work(Item("talk", Path("talk.wav")))


def passage(at: int, text: str) -> Passage:
    return Passage(at, at + SAMPLE_RATE, text, (), 0.25)


def test_a_document_has_the_passages_with_text_and_counts_the_work_on_all():
    done = work()
    done.samples = 2 * SAMPLE_RATE
    done.passages += [passage(0, "on"), passage(SAMPLE_RATE, "")]
    document = done.document("zipformer", "cpu")
    assert (document.text, document.samples, document.model) == ("on", 2 * SAMPLE_RATE, "zipformer")
    metrics = document.metrics
    assert (metrics["audio_duration"], metrics["processing_time"], metrics["rtf"]) == (2.0, 0.5, 0.25)
    assert (metrics["backend"], metrics["lost"], metrics["segments_resumed"]) == ("cpu", [], 0)


def test_where_nothing_was_heard_there_is_no_pace_and_nobody_answered():
    metrics = work().document("zipformer", "").metrics
    assert (metrics["rtf"], metrics["backend"]) == (0.0, None)


def test_the_first_part_without_text_is_named_and_the_others_counted():
    lost = work()
    lost.lose(Part(SAMPLE_RATE, 3 * SAMPLE_RATE, True), "died")
    assert lost.complaint == "talk.wav: no text for 1.0 to 3.0 s (died)"
    lost.lose(Part(4 * SAMPLE_RATE, 5 * SAMPLE_RATE, True), "busy")
    assert lost.complaint == "talk.wav: no text for 1.0 to 3.0 s (died), and for 1 passages more"
    assert lost.document("zipformer", "cpu").metrics["lost"] == ["1.0 to 3.0 s (died)", "4.0 to 5.0 s (busy)"]
