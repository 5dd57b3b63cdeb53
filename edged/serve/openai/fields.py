"""What a request for a transcription may say, checked before anything is done. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Form = Literal["json", "text", "srt", "verbose_json", "vtt"]
FORMS: tuple[Form, ...] = get_args(Form)
GRANULARITIES = ("word", "segment")
ANY_MODEL = ("whisper-1", "edged")
"""Names that stand for whatever runs here: clients such as n8n send the first and offer no other."""

LONGEST = 16_384
"""Characters of a prompt."""


class BadField(Exception):
    """A field that cannot be obeyed: OpenAI's clients are told its name."""

    def __init__(self, param: str, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, without its recording."""

    form: Form = "json"
    language: str = ""
    prompt: str = ""
    """Words that are likely to occur; preferred where the model can."""
    words: bool = False
    """Times of words wanted, in `verbose_json`."""
    stream: bool = False
    """Text as it is recognized, as server-sent events."""


def asked(fields: Mapping[str, Sequence[str]], models: Sequence[str]) -> Asked:
    """Return what a request asks for.

    Args:
        fields: values of each field of the form, in order.
        models: names that may stand in `model`, beside those for any.

    Raises:
        BadField: one of them cannot be obeyed.
    """

    def one(name: str) -> str:
        return fields.get(name, [""])[-1].strip()

    model = one("model")
    if not model:
        raise BadField("model", "you must provide a model parameter")
    if model not in (*models, *ANY_MODEL):
        known = ", ".join((*models, ANY_MODEL[0]))
        raise BadField("model", f"model {model!r:.80} is not here; there are: {known}", "model_not_found")
    form = one("response_format") or "json"
    if form not in FORMS:
        raise BadField("response_format", f"{form!r:.40} is none of {', '.join(FORMS)}")
    granularities = [
        *fields.get("timestamp_granularities[]", []),
        *fields.get("timestamp_granularities", []),
    ]
    for each in granularities:
        if each not in GRANULARITIES:
            raise BadField("timestamp_granularities", f"{each!r:.40} is none of {', '.join(GRANULARITIES)}")
    if granularities and form != "verbose_json":
        raise BadField("timestamp_granularities", "needs response_format verbose_json")
    stream = one("stream").lower()
    if stream not in ("", "true", "false", "1", "0"):
        raise BadField("stream", f"{stream!r:.40} is neither true nor false")
    prompt = one("prompt")
    if len(prompt) > LONGEST:
        raise BadField("prompt", f"{len(prompt)} characters; at most {LONGEST} are taken")
    return Asked(
        form=form,
        language=one("language"),
        prompt=prompt,
        words="word" in granularities,
        stream=stream in ("true", "1"),
    )
