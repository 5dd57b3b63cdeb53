"""The recognizers of a configuration: the usual one, and those that may stand in for it."""

import queue
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal, cast

from edged.backends.verdict import Refused
from edged.catalog.manifest import Model
from edged.config.schema import Recognize
from edged.errors import ConfigError
from edged.runtime.models import ModelsInUse
from edged.stages.audio.recording import read_all
from edged.stages.recognize import accelerated, loading
from edged.stages.recognize.backlog import DEPTH
from edged.stages.recognize.chained import ChainedRecognizer
from edged.stages.recognize.exchange import address
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Final, Lost, OnReply, Options, Recognizer, Reply
from edged.stages.recognize.remote import WyomingRecognizer
from edged.stages.recognize.rung import Rung
from edged.stages.recognize.speaking import mismatch
from edged.telemetry.thermal import zones

BEAT_LIMIT_S = 10.0
"""Seconds without a sign of life, with work to do, after which a recognizer counts as hung."""

LOAD_LIMIT_S = 60.0
"""Seconds that a recognizer may take to load."""

PROBE_S = 30.0
"""Longest recording that a model may name to prove itself with."""

PROOF_S = 60.0
"""Seconds for its text."""


@dataclass(frozen=True, slots=True)
class StandIns:
    """Models beside the usual one."""

    accelerated: Model | None = None
    smaller: Model | None = None


def stand_ins(asked: Recognize, models: ModelsInUse, usual: Model) -> StandIns:
    """Find and verify them.

    Raises:
        ModelError: one is missing, damaged, or its licence was not accepted.
        ConfigError: one speaks another language: that is no stand-in.
    """
    found = {
        key: models.get(name, "recognizer")
        for key, name in (("accelerated", asked.accelerated), ("smaller", asked.smaller))
        if name
    }
    wanted = spoken(asked, usual)
    problems = [mismatch(key, usual.name, wanted, each.name, each.languages) for key, each in found.items()]
    if asked.remote:
        address(asked.remote)
        # what it speaks is asked when it is needed: nothing is connected at the start
        problems.append(mismatch("remote", usual.name, wanted, asked.remote, wanted))
    if told := [problem for problem in problems if problem]:
        raise ConfigError("; ".join(told))
    return StandIns(found.get("accelerated"), found.get("smaller"))


def open_recognizers(
    model: Model,
    beside: StandIns,
    asked: Recognize,
    on_reply: OnReply,
    cpus: Iterable[int] = (),
    depth: int = DEPTH,
    writing: loading.Writing = loading.AS_HEARD,
    patience: float = 1.0,
    hurried: bool = True,
) -> Recognizer:
    """Start the usual recognizer; where others may stand in for it, a chain of them.

    Args:
        model: the usual one.
        beside: those that may stand in.
        asked: the configuration.
        on_reply: called from threads of the recognizer's own.
        cpus: where the processes may run; empty: wherever the scheduler puts them.
        depth: utterances that may be open or wait for their text; one more is lost as `busy`.
        writing: what is asked of all texts.
        patience: times the usual time until a process counts as hung, for one that gives way to all others.
        hurried: somebody waits for the texts; where nobody does, no text is late enough for a smaller model.

    Raises:
        ModelError: the model is missing, damaged or of another kind.
        ProviderUnavailable: sherpa-onnx is not installed.
        RecognizerDied: the process ended while it loaded.
    """
    where = tuple(cpus)

    def process(each: Model, heard_by: OnReply) -> Recognizer:
        mode, texts = (asked.mode, writing) if each is model else ("auto", replace(writing, decoding="auto"))
        return ChildRecognizer(
            each,
            heard_by,
            mode,
            asked.threads,
            asked.nice,
            patience * BEAT_LIMIT_S,
            patience * LOAD_LIMIT_S,
            cpus=where,
            writing=texts,
            depth=depth,
            memory_mb=asked.memory_mb,
        )

    rungs: list[Rung] = []
    if (npu := beside.accelerated) is not None:
        rungs.append(
            Rung("rknn", "accelerated", lambda heard_by: _on_npu(npu, asked, heard_by, where, depth, writing))
        )
    rungs.append(Rung("cpu", "usual", lambda heard_by: process(model, heard_by)))
    if (small := beside.smaller) is not None:
        rungs.append(Rung(small.name, "smaller", lambda heard_by: process(small, heard_by)))
    if asked.remote:
        server, languages = address(asked.remote), spoken(asked, model)
        rungs.append(
            Rung("wyoming", "remote", lambda heard_by: WyomingRecognizer(server, languages, heard_by, depth))
        )
    if len(rungs) == 1:
        return process(model, on_reply)
    limit_c = asked.smaller_above_c if small is not None else 0.0
    return ChainedRecognizer(rungs, on_reply, hottest, limit_c, hurried=hurried)


def spoken(asked: Recognize, usual: Model) -> tuple[str, ...]:
    """Return the languages that a stand-in must speak: that of the configuration, else all of the usual."""
    return (asked.language,) if asked.language else usual.languages


def hottest() -> float | None:
    """Return the highest temperature of the machine, °C, None where it tells none."""
    return max(zones().values(), default=None)


def _on_npu(
    model: Model,
    asked: Recognize,
    on_reply: OnReply,
    cpus: tuple[int, ...],
    depth: int,
    writing: loading.Writing,
) -> Recognizer:
    """Open the model on the NPU and have it understand its known recording.

    Raises:
        ProviderUnavailable: it does not run there, or understands something else.
        ModelError, RecognizerDied: it cannot be loaded.
    """
    request = loading.request(model)
    accelerated.suits(model, request.mode)

    def start(heard_by: OnReply) -> Recognizer:
        return ChildRecognizer(
            model,
            heard_by,
            cast("Literal['streaming', 'offline']", request.mode),
            accelerated.CORES[asked.npu_core],
            asked.nice,
            cpus=cpus,
            writing=replace(writing, decoding="auto"),
            depth=depth,
            memory_mb=asked.memory_mb,
            provider=accelerated.PROVIDER,
        )

    return proven(model, start, on_reply)


def proven(model: Model, start: Callable[[OnReply], Recognizer], on_reply: OnReply) -> Recognizer:
    """Start a recognizer and give it the recording that its model names; it must understand what was said.

    Raises:
        Refused: it understands something else, or nothing in time.
        AudioInputError: the recording cannot be read.
        ModelError, RecognizerDied: see `start`.
    """
    pcm = read_all(model.files["probe"].path, max_s=PROBE_S)
    answers: queue.Queue[Reply] = queue.Queue(maxsize=64)
    trusted = False

    def hear(reply: Reply) -> None:
        if trusted:
            on_reply(reply)
        elif isinstance(reply, Final | Lost):
            answers.put_nowait(reply)

    recognizer = start(hear)
    try:
        recognizer.start(0, Options(partials=False, itn=False, punctuate=False))
        recognizer.accept(0, pcm)
        recognizer.finish(0)
        answer = answers.get(timeout=PROOF_S)
        if isinstance(answer, Lost):
            raise Refused(accelerated.PROVIDER, f"{model.name} fails at its known recording: {answer.reason}")
        assert isinstance(answer, Final)  # nothing else is put there
        accelerated.believable(model, answer.transcript.text)
    except queue.Empty as exc:
        recognizer.close()
        raise Refused(accelerated.PROVIDER, f"{model.name}: no text of its known recording") from exc
    except BaseException:
        recognizer.close()
        raise
    trusted = True
    return recognizer
