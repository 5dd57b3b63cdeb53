"""For how long the text of a command has stood: in sound that the recognizer has heard, not in time."""


class Stability:
    """Follows the text of one command. All positions are sample indices.

    A recognizer that is late has not heard silence, only less: its text stands no longer for it.
    """

    def __init__(self) -> None:
        self.start(0)

    def start(self, at: int) -> None:
        """Begin with no text, of a command whose sound starts at sample `at`."""
        self.text = ""
        """The text so far."""
        self.changed = at
        """Where the recognizer was when the text last changed."""
        self._heard = at

    def update(self, heard: int, text: str) -> None:
        """Take the text of a recognizer that has heard everything before sample `heard`."""
        if heard < self._heard:
            return
        self._heard = heard
        if text != self.text:
            self.text, self.changed = text, heard

    @property
    def stood(self) -> int:
        """Samples heard since the text last changed; 0 while there is none."""
        return self._heard - self.changed if self.text else 0
