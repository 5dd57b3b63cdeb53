"""A document in the response formats of OpenAI's transcriptions. Pure."""

from typing import Any

from edged.runtime.transcribe.document import Document, render
from edged.runtime.transcribe.passage import Passage, seconds
from edged.serve.openai.fields import Asked

TEXT = "text/plain; charset=utf-8"


def body(document: Document, asked: Asked) -> tuple[dict[str, Any] | str, str]:
    """Return the answer, an object for JSON or a text, and its content type."""
    match asked.form:
        case "json":
            return {"text": document.text}, "application/json"
        case "verbose_json":
            return verbose(document, asked), "application/json"
        case "text":
            return f"{document.text}\n", TEXT
        case "srt":
            return render(document, "srt"), TEXT
        case "vtt":
            return render(document, "vtt"), "text/vtt; charset=utf-8"


def verbose(document: Document, asked: Asked) -> dict[str, Any]:
    """Return `verbose_json`: what the model does not tell stands there as null, never as a number made up."""
    answer: dict[str, Any] = {
        "task": "transcribe",
        "language": asked.language or None,
        "duration": seconds(document.samples),
        "text": document.text,
        "segments": [_segment(number, passage) for number, passage in enumerate(document.passages)],
        "edged": {"metrics": dict(document.metrics), "model": document.model},
    }
    if asked.words:
        answer["words"] = [
            {"word": word.text, "start": word.start, "end": word.end}
            for passage in document.passages
            for word in passage.words
        ]
    return answer


def _segment(number: int, passage: Passage) -> dict[str, Any]:
    return {
        "id": number,
        "seek": 0,
        "start": seconds(passage.start),
        "end": seconds(passage.stop),
        "text": passage.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": None,
        "compression_ratio": None,
        "no_speech_prob": None,
    }
