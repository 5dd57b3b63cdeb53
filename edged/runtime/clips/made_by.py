"""What ran when a clip was made: versions, models, settings. Two of them tell why scores differ."""

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from edged import __version__
from edged.catalog.manifest import Kind, Model
from edged.catalog.search import find
from edged.catalog.verify import sha256_of
from edged.config.keys import Place, is_secret
from edged.config.schema import Config
from edged.runtime.clips.document import MadeBy
from edged.runtime.kit import Kit


def made_by(config: Config, kit: Kit) -> MadeBy:
    """Return what runs in a kit that was opened for this configuration; every model is read once.

    Raises:
        ModelError: a model is gone.
    """
    models = {f"head:{name}": _digest(model) for name, model in kit.scorers.models.items()}
    others: tuple[tuple[Kind, str], ...] = (
        ("melspectrogram", config.features.melspectrogram),
        ("embedding", config.features.embedding),
        ("vad", config.listen.vad),
    )
    models |= {kind: _digest(find(name, kind, config.models.dir)) for kind, name in others}
    return MadeBy(
        edged=__version__,
        python=platform.python_version(),
        onnxruntime=_version("onnxruntime"),
        numpy=_version("numpy"),
        machine=platform.machine(),
        models=models,
        settings=settings(config),
        config=digest(config),
    )


def under(made: MadeBy, config: Config) -> MadeBy:
    """Return the same models and versions under another configuration, as after a reload."""
    return replace(made, settings=settings(config), config=digest(config))


def settings(config: Config) -> dict[str, str]:
    """Return the settings outside the rules of words that scores and decisions depend on."""
    asked = config.features
    return {
        "denoise.path": config.denoise.path,
        "features.backend": asked.backend,
        "features.precision": asked.precision,
        "heads.backend": config.heads.backend,
        "heads.vad_lookback_s": f"{config.heads.vad_lookback_s:g}",
    }


def digest(config: Config) -> str:
    """Return the sha256 of a whole configuration, in which secrets do not count."""
    plain = _without_secrets(config.model_dump(mode="json"))
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def changes(then: MadeBy, now: MadeBy) -> Iterator[str]:
    """Yield a sentence for each thing that is not as it was."""
    for name in ("edged", "onnxruntime", "numpy", "python", "machine"):
        before, after = getattr(then, name), getattr(now, name)
        if before != after:
            yield f"{name}: {before} then, {after} now"
    for name in dict.fromkeys([*then.models, *now.models]):
        before, after = then.models.get(name), now.models.get(name)
        if before is not None and after is None:
            yield f"model {name}: not used now"
        elif before is not None and before != after:
            yield f"model {name}: another file: sha256 {before[:12]} then, {str(after)[:12]} now"
    for name in dict.fromkeys([*then.settings, *now.settings]):
        before, after = then.settings.get(name), now.settings.get(name)
        if before != after:
            yield f"{name}: {before} then, {after} now"


def _digest(model: Model) -> str:
    file = model.files["model"]
    return file.sha256 or sha256_of(file.path)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _without_secrets(value: Any, place: Place = ()) -> Any:
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        return {key: _without_secrets(inner, (*place, key)) for key, inner in table.items()}
    if isinstance(value, list):
        entries = enumerate(cast("list[Any]", value))
        return [_without_secrets(inner, (*place, index)) for index, inner in entries]
    return "" if is_secret(place) else value
