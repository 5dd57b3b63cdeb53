"""`edged transcribe` without its command line: from a configuration to documents."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edged import __version__
from edged.catalog.manifest import Model
from edged.config.schema import Config
from edged.errors import ModelError
from edged.geometry import SAMPLE_RATE
from edged.runtime.jobs.priority import NICER
from edged.runtime.kit import open_recognizer, open_vad
from edged.runtime.models import SELF_TEST_NOTE, ModelsInUse
from edged.runtime.recognizers import stand_ins
from edged.runtime.transcribe.crew import WITHOUT_PARTIALS, Crew
from edged.runtime.transcribe.document import Format
from edged.runtime.transcribe.listing import Item
from edged.runtime.transcribe.output import Folder, Output, Stream
from edged.runtime.transcribe.progress import progress
from edged.runtime.transcribe.transcriber import Manner, Transcriber
from edged.runtime.writing import writing
from edged.stages.audio.intake import Intake
from edged.stages.listen.endpoint import seconds_of
from edged.stages.recognize.loading import AS_HEARD, Writing
from edged.stages.recognize.recognizer import OnReply, Options, Recognizer


def transcribe(
    items: Sequence[Item],
    config: Config,
    form: Format,
    out: Path | None = None,
    jobs: int = 1,
    asked: Options = WITHOUT_PARTIALS,
) -> int:
    """Recognize recordings; return how many failed. Each failure is a sentence on standard error.

    Args:
        items: the recordings.
        config: models, options and the intake.
        form: of the output.
        out: folder for one file per recording; None: standard output.
        jobs: processes that recognize, at most.
        asked: of each passage.

    Raises:
        ConfigError: the file of hotwords cannot be read.
        ModelError: a model is missing, damaged, or its licence was not accepted.
        ProviderError: onnxruntime or sherpa-onnx cannot serve.
        SinkError: the output cannot be written.
    """
    models = ModelsInUse(config.models.dir, config.models.accept_licences)
    recognizer = models.get(config.recognize.model, "recognizer")
    if recognizer.recognizer is not None and recognizer.recognizer.self_test:
        _complain(f"{recognizer.name}: {SELF_TEST_NOTE}")
    vad = open_vad(config, models)
    texts, beside = writing(config.recognize, models), stand_ins(config.recognize, models, recognizer)
    nicer = config.recognize.model_copy(update={"nice": min(19, config.recognize.nice + NICER)})

    def open_one(on_reply: OnReply) -> Recognizer:
        return open_recognizer(recognizer, nicer, on_reply, writing=texts, beside=beside, hurried=False)

    output: Output = Folder(out, form) if out is not None else Stream(sys.stdout, form, len(items) == 1)
    crew = Crew(open_one, jobs, asked)
    try:
        with progress(sum(item.path.stat().st_size for item in items if item.path.is_file())) as told:
            how = manner(config, recognizer, models, texts, asked)
            return Transcriber(how, vad, crew, jobs, output, _complain, told).run(items)
    finally:
        crew.close()
        vad.close()


def manner(
    config: Config,
    recognizer: Model,
    models: ModelsInUse,
    texts: Writing = AS_HEARD,
    asked: Options = WITHOUT_PARTIALS,
) -> Manner:
    """Return how recordings are cut for a recognizer, and all that their text depends on.

    Raises:
        ModelError: not a recognizer, or no VAD.
    """
    if recognizer.recognizer is None:
        raise ModelError(f"{recognizer.name}: is a model of kind {recognizer.kind!r}, not a recognizer")
    vad = models.get(config.listen.vad, "vad")
    files = {**recognizer.files, **{f"vad {role}": file for role, file in vad.files.items()}}
    for model in (texts.itn, texts.punctuation):
        if model is not None:
            files |= {f"{model.kind} {role}": file for role, file in model.files.items()}
    hashes = tuple(
        f"{role} {file.sha256 or (file.path, file.path.stat().st_size)}" for role, file in files.items()
    )
    return Manner(
        model=recognizer.name,
        limit=round(recognizer.recognizer.max_audio_s * SAMPLE_RATE),
        pause=round(seconds_of(config.listen.trailing_silence) * SAMPLE_RATE),
        threshold=config.listen.vad_threshold,
        depends=(__version__, config.recognize.mode, _told(texts), repr(asked), *hashes),
        intake=Intake(channel=config.audio.channel, gain_db=config.audio.gain_db),
        denoise=config.denoise.path,
    )


def _told(texts: Writing) -> str:
    """Return what is asked of all texts, but for the models, whose hashes tell more than their paths."""
    return repr(replace(texts, itn=None, punctuation=None))


def _complain(sentence: str) -> None:
    sys.stderr.write(f"edged: {sentence}\n")
