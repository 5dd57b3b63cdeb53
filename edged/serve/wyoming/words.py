"""Which configured word a client means by a name: satellites remember those of other servers. Pure."""

import re
from collections.abc import Iterable, Mapping

VERSION = re.compile(r"_v\d+(\.\d+)*$")
"""As openWakeWord's files have it: `hey_jarvis_v0.1`."""


def plain(name: str) -> str:
    """Return a name without what servers write differently: version, case, spaces, `ok` for `okay`."""
    text = VERSION.sub("", name.strip().lower().replace(" ", "_").replace("-", "_"))
    return f"okay_{text.removeprefix('ok_')}" if text.startswith("ok_") else text


def meant(asked: Iterable[str], offered: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the word that each name stands for, and the names that stand for none.

    Args:
        asked: names as the client gave them.
        offered: the head behind each configured word.

    Returns:
        The name to answer with by word: the one that the client used; and what is not known.
    """
    known = {plain(model): word for word, model in offered.items()} | {plain(word): word for word in offered}
    found: dict[str, str] = {}
    unknown: list[str] = []
    for name in asked:
        word = name if name in offered else known.get(plain(name))
        if word is None:
            unknown.append(name)
        else:
            found.setdefault(word, name)
    return found, unknown


def phrase(name: str) -> str:
    """Return a name as it is spoken: `hey_jarvis` is `Hey Jarvis`."""
    return " ".join(part.capitalize() for part in VERSION.sub("", name).replace("_", " ").split())
