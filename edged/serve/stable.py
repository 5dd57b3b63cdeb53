"""Text that grows, for clients that can only append: what two partials agree on is not taken back. Pure."""


class Stable:
    """Follows the partials of one utterance."""

    def __init__(self) -> None:
        self.said = ""
        """What was handed out so far."""
        self._last = ""

    def update(self, text: str) -> str:
        """Take the text so far; return what is new and stable, empty where nothing is."""
        agreed = common(self._last, text)
        self._last = text
        if not agreed.startswith(self.said):
            return ""
        return self._hand_out(agreed)

    def finish(self, text: str) -> str:
        """Take the text for good; return what is still to be appended.

        Where it contradicts what was handed out, only what comes after the place up to which both are equally
        long can be said: nothing is said twice, and what was wrong stays wrong for this client.
        """
        at = len(self.said)
        if not text.startswith(self.said):
            while at < len(text) and not text[at - 1 : at].isspace() and at > 0:
                at += 1  # not from the middle of a word
        rest = text[at:]
        self.said += rest
        return rest

    def _hand_out(self, agreed: str) -> str:
        delta = agreed[len(self.said) :]
        self.said = agreed
        return delta


def common(one: str, other: str) -> str:
    """Return the beginning that both share."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return one[:at]
    return min(one, other, key=len)
