"""Decodes while the command is still being spoken, with sherpa-onnx's OnlineRecognizer."""

import math
from typing import Any

from edged.errors import AudioInputError
from edged.geometry import SAMPLE_RATE
from edged.messages import Transcript, Word
from edged.stages.recognize.asking import Asked
from edged.stages.recognize.building import build, form_of, new_stream
from edged.stages.recognize.confidence import certainty, of_tokens
from edged.stages.recognize.preflight import Metadata
from edged.stages.recognize.recognizer import Options, Pcm
from edged.stages.recognize.requests import Load
from edged.stages.recognize.samples import MAX_SAMPLES, PIECE, Floats, dither, loudest_dbfs, padding, to_float
from edged.stages.recognize.tail import measure_tail
from edged.stages.recognize.understanding import understanding
from edged.stages.recognize.words import words
from edged.stages.recognize.writer import Heard

FRAME_S = 0.01
"""Seconds per feature frame."""

EDGE_FRAMES = 4
"""Feature frames that a window may lack at the end of the audio: its own length of 25 ms, and one because
sherpa-onnx wants strictly more frames than a chunk has."""

ASSUMED_SUBSAMPLING = 4
"""What sherpa-onnx 2.0.1 takes for every online model when it computes times
(csrc/online-recognizer-ctc-impl.h, csrc/online-recognizer-transducer-impl.h)."""


def tail_s(load: Load, numbers: Metadata, recognizer: Any) -> float:
    """Return seconds of dither after an utterance; less than a window, and its last chunk is not decoded.

    The most of what the manifest says, what is known of the model's window (Paraformer keeps the end of one
    for the next) and what the model is seen to wait for.

    Raises:
        ModelError: as `measure_tail`.
        RuntimeError: as `measure_tail`.
    """
    known_s = (numbers["window_size"] + EDGE_FRAMES) * FRAME_S
    return max(load.tail_padding_s, known_s, measure_tail(recognizer, load.name))


class StreamingDecoder:
    """A loaded model; a stream of its own for each utterance, so nothing of one is heard in another."""

    def __init__(self, load: Load, numbers: Metadata) -> None:
        """Load a model that passed `preflight`, whose `numbers` are given.

        Raises:
            ModelError: it decodes nothing of 10 s of sound.
            RuntimeError: onnxruntime refuses the model. sherpa-onnx may end the process instead.
        """
        self.recognizer: Any = build(load, numbers)
        found = understanding(load, numbers)
        self.asking, self.writer, self.capabilities = found.asking, found.writer, found.capabilities
        self.joins = form_of(load).joins
        self._tail_s = tail_s(load, numbers, self.recognizer)
        self._min_audio_s = load.min_audio_s
        self.output_s = numbers["subsampling_factor"] * FRAME_S
        self.stretch = numbers["subsampling_factor"] / ASSUMED_SUBSAMPLING
        self._noise = dither(padding(0, self._min_audio_s, self._tail_s))

    def open(self, options: Options) -> "StreamingSession":
        """Begin an utterance.

        Raises:
            ModelError: it is in a language that the model does not speak.
        """
        return StreamingSession(self, options, self.asking.asked(options))

    def tail(self, samples: int) -> Floats:
        """Return the dither after an utterance of so many samples."""
        return self._noise[: padding(samples, self._min_audio_s, self._tail_s)]


class StreamingSession:
    """One utterance, decoded as it comes."""

    def __init__(self, decoder: StreamingDecoder, options: Options, asked: Asked) -> None:
        self._decoder = decoder
        self._recognizer = decoder.recognizer
        self._asked = asked
        self._stream: Any = new_stream(self._recognizer, asked)
        self._loudest = -math.inf
        self._partials = options.partials
        self._samples = 0
        self._text = ""

    def accept(self, pcm: Pcm) -> str | None:
        """Decode what came; the text so far if it changed.

        Raises:
            AudioInputError: not mono int16, or the utterance becomes longer than 30 s.
            RuntimeError: onnxruntime failed; the next utterance may well succeed.
        """
        self._samples += len(pcm)
        if self._samples > MAX_SAMPLES:
            raise AudioInputError(f"utterance longer than {MAX_SAMPLES // SAMPLE_RATE} s")
        samples = to_float(pcm)
        self._loudest = max(self._loudest, loudest_dbfs(samples))
        if not self._feed(samples) or not self._partials:
            return None
        text: str = self._recognizer.get_result(self._stream).strip()
        if text == self._text:
            return None
        self._text = text
        return text

    def finish(self) -> Transcript:
        """Decode the rest.

        Raises:
            RuntimeError: onnxruntime failed; the next utterance may well succeed.
        """
        self._feed(self._decoder.tail(self._samples))
        self._stream.input_finished()
        self._decode()
        result: Any = self._recognizer.get_result_all(self._stream)
        how, audio_s = self._decoder, self._samples / SAMPLE_RATE
        sure = of_tokens(result.ys_probs, len(result.tokens))
        found: tuple[Word, ...] = ()
        if how.capabilities.words:
            times = [float(time) * how.stretch for time in result.timestamps]
            found = words(result.tokens, times, how.output_s, audio_s, how.joins, sure)
        heard = Heard(str(result.text).strip(), found, certainty(sure or ()), audio_s, self._loudest)
        return how.writer.write(heard, self._asked)

    def _feed(self, samples: Floats) -> bool:
        """Give samples piece by piece; True if something was decoded."""
        decoded = False
        for at in range(0, len(samples), PIECE):
            self._stream.accept_waveform(SAMPLE_RATE, samples[at : at + PIECE])
            decoded |= self._decode()
        return decoded

    def _decode(self) -> bool:
        decoded = False
        while self._recognizer.is_ready(self._stream):  # decoding when not ready ends the process
            self._recognizer.decode_stream(self._stream)
            decoded = True
        return decoded
