"""Calls sherpa-onnx as an application without edged would: no process, no checks, no wrapper.

It hears the same pieces of 80 ms and the same dither at the end as edged's decoder, so both do the same
decoding and what is left between them is edged's own cost.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from edged.catalog.manifest import Model
from edged.geometry import SAMPLE_RATE
from edged.stages.recognize import loading, offline, streaming
from edged.stages.recognize.building import build
from edged.stages.recognize.families import Mode
from edged.stages.recognize.preflight import preflight
from edged.stages.recognize.recognizer import Pcm
from edged.stages.recognize.requests import Load
from edged.stages.recognize.samples import Floats, dither, padding

SCALE = np.float32(1 / 32768)
"""What makes int16 the -1..1 that sherpa-onnx wants."""


class Direct:
    """One sherpa-onnx recognizer in this process; `text` decodes one utterance."""

    def __init__(self, model: Model, mode: loading.Choice) -> None:
        """Load a model.

        Raises:
            ModelError: it cannot be used. sherpa-onnx may end the process instead.
        """
        load = loading.request(model, mode)
        numbers = preflight(load)
        self.mode: Mode = "streaming" if load.mode == "streaming" else "offline"
        self._recognizer: Any = build(load, numbers)
        self._load: Load = load
        if self.mode == "streaming":
            self._tail_s = streaming.tail_s(load, numbers, self._recognizer)
        else:
            self._tail_s = offline.tail_s(load, numbers)
        self._noise = dither(padding(0, load.min_audio_s, self._tail_s))

    def text(self, hops: Iterable[Pcm]) -> str:
        """Return the text of one utterance, whose pieces are decoded as they come where the model can."""
        return self._streamed(hops) if self.mode == "streaming" else self._whole(hops)

    def _streamed(self, hops: Iterable[Pcm]) -> str:
        recognizer = self._recognizer
        stream = recognizer.create_stream()
        samples = 0
        for hop in hops:
            samples += len(hop)
            stream.accept_waveform(SAMPLE_RATE, hop * SCALE)
            decoded = False
            while recognizer.is_ready(stream):
                recognizer.decode_stream(stream)
                decoded = True
            if decoded:
                recognizer.get_result(stream)  # what a display would show
        stream.accept_waveform(SAMPLE_RATE, self._tail(samples))
        stream.input_finished()
        while recognizer.is_ready(stream):
            recognizer.decode_stream(stream)
        return str(recognizer.get_result(stream)).strip()

    def _whole(self, hops: Iterable[Pcm]) -> str:
        pieces: list[Floats] = [hop * SCALE for hop in hops]
        pieces.append(self._tail(sum(len(piece) for piece in pieces)))
        stream = self._recognizer.create_stream()
        stream.accept_waveform(SAMPLE_RATE, np.concatenate(pieces))
        self._recognizer.decode_stream(stream)
        return str(stream.result.text).strip()

    def _tail(self, samples: int) -> Floats:
        return self._noise[: padding(samples, self._load.min_audio_s, self._tail_s)]
