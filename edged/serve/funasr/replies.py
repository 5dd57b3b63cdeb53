"""What is answered to a FunASR client: always mode, wav_name, text and is_final. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from edged.messages import Word

PUNCTUATION = ".,!?;:。，！？；：、…"


def partial(mode: str, name: str, delta: str) -> dict[str, Any]:
    """Return more text of a sentence that goes on: clients append it."""
    return {"mode": f"{mode}-online" if mode == "2pass" else mode, "wav_name": name, "text": delta} | {
        "is_final": False
    }


def sentence(
    mode: str, name: str, text: str, words: Sequence[Word], offset_s: float, final: bool
) -> dict[str, Any]:
    """Return a sentence for good, with times where the model has them.

    Args:
        mode: `offline`, `online`, or `2pass`, whose sentences replace what was said of them before.
        name: as the client called its sound.
        text: of all of it.
        words: with seconds from its first sample.
        offset_s: where that is in the client's sound.
        final: nothing follows in this round: clients close on the first that says so.
    """
    answer: dict[str, Any] = {
        "mode": "2pass-offline" if mode == "2pass" else mode,
        "wav_name": name,
        "text": text,
        "is_final": final,
    }
    return answer | times([(text, words, offset_s)])


def times(sentences: Sequence[tuple[str, Sequence[Word], float]]) -> dict[str, Any]:
    """Return `timestamp`, which is JSON within a text, and `stamp_sents`; nothing where there are no times.

    sentences: text, words and offset of each.
    """
    stamped = [
        (text, [_milliseconds(word, offset) for word in words], words)
        for text, words, offset in sentences
        if words
    ]
    if not stamped:
        return {}
    every = [pair for _, pairs, _ in stamped for pair in pairs]
    return {
        "timestamp": json.dumps(every, separators=(",", ":")),
        "stamp_sents": [
            {
                "text_seg": " ".join(word.text for word in words),
                "punc": text[-1] if text[-1:] and text[-1] in PUNCTUATION else "",
                "start": pairs[0][0],
                "end": pairs[-1][1],
                "ts_list": pairs,
            }
            for text, pairs, words in stamped
        ],
    }


def done(mode: str, name: str, error: str) -> dict[str, Any]:
    """Return the word that everything was said; `error`: what went wrong, empty where nothing did."""
    answer: dict[str, Any] = {"mode": mode, "wav_name": name, "text": "", "is_final": not error}
    return answer | {"is_end": True} | ({"error": error} if error else {})


def failed(mode: str, name: str, error: str) -> dict[str, Any]:
    """Return that there is no text, and why."""
    return {"mode": mode, "wav_name": name, "text": "", "is_final": True, "error": error}


def _milliseconds(word: Word, offset_s: float) -> list[int]:
    return [round((word.start + offset_s) * 1000), round((word.end + offset_s) * 1000)]
