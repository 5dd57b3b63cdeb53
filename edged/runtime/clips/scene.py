"""What a witness sees of the ear that it watches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edged.runtime.clips.document import Backend
from edged.runtime.clips.kept import Listener
from edged.runtime.clips.tape import Embeddings
from edged.runtime.kit import Kit
from edged.runtime.timing import StageTimes
from edged.stages.audio.ring import Ring
from edged.stages.heads.activation import Activator


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What stays the same while an ear lives."""

    stream: str
    ring: Ring
    embeddings: Embeddings
    listener: Callable[[], Listener]
    """The words with the rules in force."""
    backends: Callable[[], Mapping[str, Backend]]
    """What answers now, by stage."""
    stages_ms: Callable[[], Mapping[str, float]]
    """Median milliseconds of each stage."""
    cleaned: bool
    """Whether the wake words hear cleaned sound."""


def scene(
    stream: str,
    ring: Ring,
    embeddings: Embeddings,
    kit: Kit,
    activators: Sequence[Activator],
    times: StageTimes,
    cleaned: bool,
) -> Scene:
    """Return the scene of an ear; see `Scene`."""

    def listener() -> Listener:
        columns = kit.scorers.heads.columns
        wakes = zip(activators, kit.wakes, strict=True)
        return Listener(
            columns=columns, words=tuple((activator.rule, columns[wake.column]) for activator, wake in wakes)
        )

    def backends() -> Mapping[str, Backend]:
        return {
            stage: Backend(provider=serving.provider, device=serving.device, precision=serving.precision)
            for stage, serving in (("features", kit.scorers.features), ("heads", kit.scorers.heads))
        }

    return Scene(
        stream=stream,
        ring=ring,
        embeddings=embeddings,
        listener=listener,
        backends=backends,
        stages_ms=times.medians,
        cleaned=cleaned,
    )
