"""What becomes of one recording, and how it is written down. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from edged.messages import Word
from edged.runtime.transcribe.cues import cues
from edged.runtime.transcribe.passage import Passage, seconds

Format = Literal["text", "json", "srt", "vtt"]

ENDINGS: Mapping[Format, str] = {"text": ".txt", "json": ".json", "srt": ".srt", "vtt": ".vtt"}


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one recording."""

    id: str
    file: str
    samples: int
    model: str
    passages: tuple[Passage, ...]
    """Those with text, in order."""
    metrics: Mapping[str, Any]
    """What it took: differs from run to run, as nothing else here does."""
    notes: tuple[str, ...] = ()
    """What was asked for and not done, and which passages were withheld."""

    @property
    def text(self) -> str:
        return " ".join(passage.text for passage in self.passages)


def render(document: Document, form: Format) -> str:
    """Return a document as a file's content."""
    if form == "text":
        return "".join(f"{passage.text}\n" for passage in document.passages)
    if form == "json":
        import json

        return json.dumps(as_dict(document), ensure_ascii=False, indent=1) + "\n"
    return "".join(_subtitles(document, form))


def as_dict(document: Document) -> dict[str, Any]:
    """Return a document for JSON."""
    return {
        "id": document.id,
        "file": document.file,
        "duration_s": seconds(document.samples),
        "model": document.model,
        "text": document.text,
        "segments": [
            {
                "start": seconds(passage.start),
                "end": seconds(passage.stop),
                "text": passage.text,
                "words": [_word(word) for word in passage.words],
                **({} if passage.confidence is None else {"confidence": passage.confidence}),
            }
            for passage in document.passages
        ],
        "notes": list(document.notes),
        "metrics": dict(document.metrics),
    }


def _word(word: Word) -> dict[str, Any]:
    return {key: value for key, value in asdict(word).items() if value is not None}


def _subtitles(document: Document, form: Format) -> Iterator[str]:
    mark = "," if form == "srt" else "."
    if form == "vtt":
        yield "WEBVTT\n\n"
    for number, cue in enumerate(cues(document.passages), start=1):
        if form == "srt":
            yield f"{number}\n"
        text = _shown(cue.text) if form == "vtt" else cue.text
        yield f"{_clock(cue.start, mark)} --> {_clock(cue.end, mark)}\n{text}\n\n"


def _shown(text: str) -> str:
    """Escape what WebVTT reads as markup (W3C WebVTT, 4.2.1)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(moment: float, mark: str) -> str:
    milliseconds = round(moment * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{mark}{rest % 1000:03}"
