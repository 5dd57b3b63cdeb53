"""Every number that ties two stages together, once.

Sources: openWakeWord 0.5.1 (`openwakeword/utils.py`) for the framing of its melspectrogram and embedding
models; silero-vad for the VAD window.
"""

SAMPLE_RATE = 16_000
"""Samples per second inside edged: mono int16."""

HOP = 1_280
"""Samples per step of the path: 80 ms."""

HOP_SECONDS = HOP / SAMPLE_RATE
"""Seconds per hop, for people and deadlines; never accumulated."""

CONTEXT = 480
"""Samples before a hop that its melspectrogram also sees: three mel hops of 160."""

STEP_SAMPLES = CONTEXT + HOP
"""Samples given to one feature step: context, then the hop."""

MEL_HOP = 160
"""Samples between two mel frames: 10 ms."""

MEL_BINS = 32
"""Mel bands per frame."""

MEL_PER_HOP = HOP // MEL_HOP
"""New mel frames per hop: 8."""

FIRST_MEL_FRAMES = 5
"""Mel frames of the very first hop, which has no context; the other three stay at `MEL_REST`."""

MEL_REST = 1.0
"""Value of a mel frame before any sound: openWakeWord starts its history so."""

MEL_WINDOW = 76
"""Mel frames that one embedding sees."""

PRIME_STEPS = 10
"""Steps after which the streaming state is a pure function of what was replayed (76 frames < 10 x 8)."""

PRIME_FRAMES = PRIME_STEPS * MEL_PER_HOP
"""Mel frames kept on the host so that any backend can be rebuilt in mid-stream: 80."""

EMBEDDING = 96
"""Numbers per embedding, one embedding per hop."""

HISTORY = 34
"""Embeddings kept for the heads: the largest window in use (timer)."""

QUIET_HOPS = 5
"""First hops of a stream whose scores are reported as 0, as openWakeWord does."""

VAD_WINDOW = 512
"""Samples per silero VAD decision: 32 ms."""

VAD_CONTEXT = 64
"""Samples before a VAD window that the model also sees."""

RING_SECONDS = 30
"""Seconds of raw audio kept per stream: a command is cut from it."""

DITHER_RMS = 10.0
"""LSB rms of the noise that stands in for digital silence: exact zeros make heads fire."""
