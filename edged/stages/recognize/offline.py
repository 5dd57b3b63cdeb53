"""Decodes a whole command at its end, with sherpa-onnx's OfflineRecognizer."""

from typing import Any

import numpy as np

from edged.errors import AudioInputError
from edged.geometry import SAMPLE_RATE
from edged.messages import Transcript, Word
from edged.stages.recognize.asking import Asked
from edged.stages.recognize.building import form_of, new_stream
from edged.stages.recognize.confidence import certainty, of_tokens
from edged.stages.recognize.preflight import Metadata
from edged.stages.recognize.recognizer import Options, Pcm
from edged.stages.recognize.requests import Load
from edged.stages.recognize.samples import MAX_SAMPLES, Floats, dither, loudest_dbfs, padding, to_float
from edged.stages.recognize.understanding import understanding
from edged.stages.recognize.variants import Variants
from edged.stages.recognize.words import words
from edged.stages.recognize.writer import Heard

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
        self.variants = Variants(load, numbers)
        found = understanding(load, numbers)
        self.asking, self.writer, self.capabilities = found.asking, found.writer, found.capabilities
        self.joins = form_of(load).joins
        self._min_audio_s = load.min_audio_s
        self._tail_s = tail_s(load, numbers)
        self.output_s = numbers["subsampling_factor"] * FRAME_S
        self._noise = dither(padding(0, self._min_audio_s, self._tail_s))

    def open(self, options: Options) -> "OfflineSession":
        """Begin an utterance.

        Raises:
            ModelError: it is in a language that the model does not speak.
        """
        return OfflineSession(self, self.asking.asked(options))

    def tail(self, samples: int) -> Floats:
        """Return the dither after an utterance of so many samples."""
        return self._noise[: padding(samples, self._min_audio_s, self._tail_s)]


class OfflineSession:
    """One utterance, kept whole, at most 30 s."""

    def __init__(self, decoder: OfflineDecoder, asked: Asked) -> None:
        self._decoder = decoder
        self._asked = asked
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
        how, audio_s = self._decoder, self._samples / SAMPLE_RATE
        audio = np.concatenate([*self._pieces, how.tail(self._samples)])
        self._pieces.clear()
        recognizer = how.variants.of(self._asked)
        stream: Any = new_stream(recognizer, self._asked)
        stream.accept_waveform(SAMPLE_RATE, audio)  # once: a second call is ignored without a word
        recognizer.decode_stream(stream)
        result: Any = stream.result
        found, sure = self._words(result, audio_s) if how.capabilities.words else ((), None)
        loudest = loudest_dbfs(audio[: self._samples])
        heard = Heard(str(result.text).strip(), found, sure, audio_s, loudest)
        return how.writer.write(heard, self._asked)

    def _words(self, result: Any, audio_s: float) -> tuple[tuple[Word, ...], float | None]:
        """Return the words of a result, none where it has no times for them, and how sure the model was."""
        how = self._decoder
        times = [float(time) for time in result.timestamps]
        if not times:
            return (), None  # Paraformer leaves out times that do not match its tokens
        try:
            tokens: list[str] = result.tokens
        except UnicodeDecodeError:  # a letter of several of Whisper's tokens: its text is right all the same
            return (), None
        sure = of_tokens(result.ys_log_probs, len(tokens))
        return words(tokens, times, how.output_s, audio_s, how.joins, sure), certainty(sure or ())
