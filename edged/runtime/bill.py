"""What a text cost, as its event tells it. Pure."""

from collections.abc import Mapping

from edged.messages import Metrics
from edged.runtime.meter import Cost
from edged.stages.recognize.recognizer import Capabilities, Final


def bill(
    reply: Final,
    ran: Capabilities | None,
    latency_ms: float | None,
    stages_ms: Mapping[str, float],
    energy: Cost | None = None,
    gpu_bytes: int | None = None,
) -> Metrics:
    """Return the metrics of a final.

    Args:
        reply: the recognizer's; `audio_s` and `cpu_s` count.
        ran: who answered; None where nobody is known.
        latency_ms: since the endpoint decision; None where there was none.
        stages_ms: median milliseconds of each stage.
        energy: of the command; None where the machine does not tell.
        gpu_bytes: held on the GPU; None where no stage runs there.
    """
    audio_s, cpu_s = round(reply.audio_s, 4), round(reply.cpu_s, 6)
    return Metrics(
        audio_duration=audio_s,
        processing_time=cpu_s,
        rtf=cpu_s / audio_s if audio_s else 0.0,
        backend=ran.provider if ran else "none",
        device=(ran.device or ran.provider) if ran else "none",
        model=ran.model if ran else None,
        latency_ms=round(latency_ms, 3) if latency_ms is not None else None,
        stages_ms=dict(stages_ms),
        energy_j=round(energy.joules, 6) if energy else None,
        energy_source=energy.source if energy else None,
        gpu_memory_gb=gpu_bytes / 1e9 if gpu_bytes is not None else None,
    )
