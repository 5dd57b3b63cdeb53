"""A process that loads while another still serves, to take its place between two utterances."""

import select
import time

from edged.stages.recognize import answers
from edged.stages.recognize.channel import Channel
from edged.stages.recognize.framing import WireError


class Successor:
    """Of the attendant's thread; `poll` is the attendant's."""

    def __init__(self, load: bytes, poll: select.poll) -> None:
        """Start the process and ask it to load.

        Raises:
            OSError: it cannot be started.
        """
        self.channel = Channel()
        self.born = time.monotonic()
        self.ready: answers.Ready | None = None
        self.failure = ""
        """Why it will never be ready."""
        self._poll = poll
        self.channel.send([load])
        poll.register(self.channel.socket, select.POLLIN)
        poll.register(self.channel.output, select.POLLIN)

    def look(self, came: set[int], load_limit_s: float) -> None:
        """Read what came; judge it where nothing did."""
        if not self.channel.mute and self.channel.output.fileno() in came:
            self.channel.listen_to_output()
            if self.channel.mute:
                self._poll.unregister(self.channel.output)
        if self.channel.socket.fileno() in came:
            self._read()
        elif self.ready is None and time.monotonic() - self.born > load_limit_s:
            self.failure = f"did not load within {load_limit_s:g} s"

    def dismiss(self) -> str:
        """End it; return how it ended."""
        self._poll.unregister(self.channel.socket)
        if not self.channel.mute:
            self._poll.unregister(self.channel.output)
        return self.channel.end(hung=True)

    def _read(self) -> None:
        try:
            messages = self.channel.receive()
        except WireError as exc:
            self.failure = f"spoke nonsense: {exc}"
            return
        if messages is None:
            self.failure = self.failure or "ended while it loaded"
        for message in messages or ():
            match message:
                case answers.Ready():
                    self.ready = message
                case answers.Error(_, text):
                    self.failure = text
                case _:
                    self.failure = f"sent {message.KIND!r} before it was asked anything"
