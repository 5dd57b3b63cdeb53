"""What `[recognize]` asks of all texts, with its files and models found."""

import logging
from pathlib import Path

from edged.catalog.manifest import Kind, Model
from edged.config.schema import Recognize
from edged.errors import ConfigError, ModelError
from edged.runtime.models import ModelsInUse
from edged.stages.recognize.hotwords import parse_file, score
from edged.stages.recognize.loading import Writing
from edged.stages.recognize.recognizer import Hotword

log = logging.getLogger(__name__)

OWN = "own"
"""Value of `[recognize] itn`: the model's own way with numbers."""

MOST_BYTES = 1 << 20
"""Of a file of hotwords."""


def writing(asked: Recognize, models: ModelsInUse) -> Writing:
    """Return what is asked of all texts. A model for numbers or punctuation that is missing is a warning, and
    texts come without it.

    Raises:
        ConfigError: the file of hotwords cannot be read.
    """
    itn, no_itn = _model(models, "" if asked.itn == OWN else asked.itn, "itn")
    punctuation, no_punctuation = _model(models, asked.punctuation, "punctuation")
    return Writing(
        hotwords=hotwords(asked.hotwords_file),
        decoding=asked.decoding,
        language=asked.language,
        itn=itn,
        own_itn=asked.itn == OWN,
        punctuation=punctuation,
        min_confidence=asked.min_confidence,
        filter=asked.filter,
        no_itn=no_itn,
        no_punctuation=no_punctuation,
    )


def hotwords(file: str) -> tuple[Hotword, ...]:
    """Return the phrases of a file, none where none is named; what is wrong in it is a warning each.

    Raises:
        ConfigError: it cannot be read.
    """
    if not file:
        return ()
    path = Path(file).expanduser()
    try:
        with path.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except OSError as exc:
        raise ConfigError(f"[recognize] hotwords_file: {path}: {(exc.strerror or str(exc)).lower()}") from exc
    if len(raw) > MOST_BYTES:
        raise ConfigError(f"[recognize] hotwords_file: {path}: longer than {MOST_BYTES >> 20} MB")
    parsed = parse_file(raw)
    for problem in parsed.problems:
        log.warning("%s: %s", path, problem)
    shown = ", ".join(
        f"{hotword.phrase!r} {score(hotword.weight):g}"
        + (f" (weight {hotword.weight:g})" if hotword.weight is not None else "")
        for hotword in parsed.hotwords[:20]
    )
    log.info("%s: %d hotwords with scores of sherpa-onnx: %s", path, len(parsed.hotwords), shown)
    return parsed.hotwords


def _model(models: ModelsInUse, name: str, kind: Kind) -> tuple[Model | None, str]:
    """Return a model, or None and why texts come without it."""
    if not name:
        return None, ""
    try:
        return models.get(name, kind), ""
    except ModelError as exc:
        return None, f"[recognize] {kind}: {exc}"
