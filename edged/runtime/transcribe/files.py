"""`edged transcribe` without its command line: from a configuration to documents."""

import sys
from collections.abc import Sequence
from pathlib import Path

from edged.config.schema import Config
from edged.runtime.jobs.priority import NICER
from edged.runtime.kit import open_recognizer, open_vad
from edged.runtime.models import SELF_TEST_NOTE, ModelsInUse
from edged.runtime.recognizers import stand_ins
from edged.runtime.transcribe.crew import WITHOUT_PARTIALS, Crew
from edged.runtime.transcribe.document import Format
from edged.runtime.transcribe.listing import Item
from edged.runtime.transcribe.manner import manner
from edged.runtime.transcribe.output import Folder, Output, Stream
from edged.runtime.transcribe.progress import progress
from edged.runtime.transcribe.transcriber import Transcriber
from edged.runtime.writing import writing
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


def _complain(sentence: str) -> None:
    sys.stderr.write(f"edged: {sentence}\n")
