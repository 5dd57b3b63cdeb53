"""Which models a configuration uses, found and not opened."""

from edged.catalog.manifest import Model
from edged.catalog.search import find
from edged.config.schema import Config
from edged.runtime.words import model_name


def models_of(config: Config) -> list[Model]:
    """Return the models that hearing with a configuration needs, in the order of the path.

    Raises:
        ModelError: one is missing or damaged.
    """
    folder = config.models.dir
    found = [
        find(config.features.melspectrogram, "melspectrogram", folder),
        find(config.features.embedding, "embedding", folder),
    ]
    found += [find(name, "head", folder) for name in dict.fromkeys(map(model_name, config.heads.word))]
    found.append(find(config.listen.vad, "vad", folder))
    if config.recognize.enabled:
        found.append(find(config.recognize.model, "recognizer", folder))
    return found
