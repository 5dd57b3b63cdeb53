"""What a witness sees of the ear that it watches."""

from collections.abc import Mapping, Sequence

from edged.runtime.clips.document import Backend
from edged.runtime.clips.kept import Listener
from edged.runtime.clips.tape import Embeddings
from edged.runtime.clips.witness import Scene
from edged.runtime.kit import Kit
from edged.runtime.timing import StageTimes
from edged.stages.audio.ring import Ring
from edged.stages.heads.activation import Activator


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
