"""What is written: text, JSON, SubRip and WebVTT, byte for byte."""

import json

from edged.messages import Word
from edged.runtime.transcribe.document import Document, render
from edged.runtime.transcribe.passage import Passage

DOCUMENT = Document(
    "talk",
    "talk.wav",
    samples=16_000 * 3_700,
    model="some",
    passages=(
        Passage(0, 16_000, "stop", (Word("stop", 0.1, 0.5, 0.75),), confidence=0.75),
        Passage(58_000_000, 58_016_000, "a < b & c"),
    ),
    metrics={"rtf": 0.1},
    notes=("hotwords are ignored: so it is",),
)


def test_text_is_a_line_per_passage():
    assert render(DOCUMENT, "text") == "stop\na < b & c\n"


def test_subrip_counts_from_one_and_writes_hours():
    assert render(DOCUMENT, "srt") == (
        "1\n00:00:00,100 --> 00:00:00,500\nstop\n\n2\n01:00:25,000 --> 01:00:26,000\na < b & c\n\n"
    )


def test_webvtt_escapes_what_it_reads_as_markup():
    assert render(DOCUMENT, "vtt") == (
        "WEBVTT\n\n00:00:00.100 --> 00:00:00.500\nstop\n\n01:00:25.000 --> 01:00:26.000\na &lt; b &amp; c\n\n"
    )


def test_json_has_every_word_with_its_times_and_no_confidence_where_there_is_none():
    read = json.loads(render(DOCUMENT, "json"))
    assert (read["duration_s"], read["text"], read["metrics"]) == (3700, "stop a < b & c", {"rtf": 0.1})
    assert read["segments"] == [
        {
            "start": 0.0,
            "end": 1.0,
            "text": "stop",
            "words": [{"text": "stop", "start": 0.1, "end": 0.5, "confidence": 0.75}],
            "confidence": 0.75,
        },
        {"start": 3625.0, "end": 3626.0, "text": "a < b & c", "words": []},
    ]
    assert read["notes"] == ["hotwords are ignored: so it is"]
