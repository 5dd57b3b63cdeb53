"""Which language a recognizer is asked for: one that its model speaks, or a sentence. Pure."""

from collections.abc import Sequence

from edged.errors import ModelError


def choose(asked: str, spoken: Sequence[str], model: str) -> str:
    """Return which of the languages of a model is meant; empty where none is asked for.

    Args:
        asked: as people and clients write it, `en`, `en-US`, `zh_CN`; `` or `auto` for whatever it speaks.
        spoken: those of the model.
        model: its name.

    Raises:
        ModelError: the model does not speak it.
    """
    wanted = _plain(asked)
    if wanted in ("", "auto"):
        return ""
    for known in spoken:
        if _plain(known) == wanted:
            return known
    for known in spoken:
        if _plain(known).partition("-")[0] == wanted.partition("-")[0]:
            return known
    said = ", ".join(spoken) or "no language that its model.toml names"
    raise ModelError(f"{model} speaks {said}, not {asked:.40}")


def _plain(language: str) -> str:
    return language.strip().lower().replace("_", "-")
