"""Whether a text is nothing but one of a few phrases, however it is written."""

import unicodedata
from collections.abc import Iterable


def folded(text: str) -> str:
    """Return a text's letters, digits and marks alone, without case: spaces and signs tell no words apart.

    Recognizers differ in them for one and the same sound: `Never mind.`, `nevermind`, `取消。`, `取 消`.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join(letter for letter in plain if unicodedata.category(letter)[0] in "LNM")
    return unicodedata.normalize("NFKC", letters)


class Phrases:
    """Phrases that mean something only where nothing else is said with them."""

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        """Take phrases as people write them; one without a letter or a digit never matches."""
        self._folded = frozenset(folded(phrase) for phrase in phrases) - {""}

    def match(self, text: str) -> bool:
        """Say whether `text` is one of them and nothing else."""
        return bool(self._folded) and folded(text) in self._folded
