"""Decodes a whole command at its end, with sherpa-onnx's OfflineRecognizer."""

from typing import Any

import numpy as np

from edged.errors import AudioInputError
from edged.geometry import SAMPLE_RATE
from edged.messages import Transcript
from edged.stages.recognize.building import build, form_of
from edged.stages.recognize.preflight import Metadata
from edged.stages.recognize.recognizer import Capabilities, Options, Pcm
from edged.stages.recognize.samples import MAX_SAMPLES, Floats, dither, padding, to_float
from edged.stages.recognize.wire import Load
from edged.stages.recognize.words import words

FRAME_S = 0.01
"""Seconds per feature frame."""


def tail_s(load: Load, numbers: Metadata) -> float:
    """Return the seconds of dither after an utterance: what the manifest says, the decoder sees the whole."""
    return load.tail_padding_s


class OfflineDecoder:
    """A loaded model that decodes utterances whole, each at its end."""

    def __init__(self, load: Load, numbers: Metadata) -> None:
        """Load a model that passed `preflight`, whose `numbers` are given.

        Raises:
            RuntimeError: onnxruntime refuses the model. sherpa-onnx may end the process instead.
        """
        self.recognizer: Any = build(load, numbers)
        self.timed = bool(numbers["timed"])
        self.joins = form_of(load).joins
        self.capabilities = Capabilities(
            load.name, load.family, "offline", self.timed, load.languages, load.self_test, load.provider
        )
        self._min_audio_s = load.min_audio_s
        self._tail_s = tail_s(load, numbers)
        self.output_s = numbers["subsampling_factor"] * FRAME_S
        self._noise = dither(padding(0, self._min_audio_s, self._tail_s))

    def open(self, options: Options) -> "OfflineSession":
        return OfflineSession(self, options)

    def tail(self, samples: int) -> Floats:
        """Return the dither after an utterance of so many samples."""
        return self._noise[: padding(samples, self._min_audio_s, self._tail_s)]


class OfflineSession:
    """One utterance, kept whole, at most 30 s."""

    def __init__(self, decoder: OfflineDecoder, options: Options) -> None:
        self._decoder = decoder
        self._pieces: list[Floats] = []
        self._samples = 0

    def accept(self, pcm: Pcm) -> str | None:
        """Keep what came; there is no text before the end.

        Raises:
            AudioInputError: not mono int16, or the utterance becomes longer than 30 s.
        """
        self._samples += len(pcm)
        if self._samples > MAX_SAMPLES:
            raise AudioInputError(f"utterance longer than {MAX_SAMPLES // SAMPLE_RATE} s")
        self._pieces.append(to_float(pcm))
        return None

    def finish(self) -> Transcript:
        """Decode the whole.

        Raises:
            RuntimeError: onnxruntime failed; the next utterance may well succeed.
        """
        how = self._decoder
        audio = np.concatenate([*self._pieces, how.tail(self._samples)])
        self._pieces.clear()
        stream: Any = how.recognizer.create_stream()
        stream.accept_waveform(SAMPLE_RATE, audio)  # once: a second call is ignored without a word
        how.recognizer.decode_stream(stream)
        result: Any = stream.result
        text = str(result.text).strip()
        if not how.timed:
            return Transcript(text)  # its tokens may be parts of a letter: not asked for
        times = [float(time) for time in result.timestamps]
        if not times:
            return Transcript(text)  # Paraformer leaves out times that do not match its tokens
        try:
            tokens: list[str] = result.tokens
        except UnicodeDecodeError:  # a letter of several of Whisper's tokens: its text is right all the same
            return Transcript(text)
        audio_s = self._samples / SAMPLE_RATE
        return Transcript(text, words(tokens, times, how.output_s, audio_s, how.joins))
