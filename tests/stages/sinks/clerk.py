"""Who stands at the desk in tests of what takes orders: keeps them, and answers as it is told."""

from edged.messages import Asker, Event, Final, Gap, Metrics, Muted, Scores, Word
from edged.stages.sinks.order import Answer, Order, Reply


class Clerk:
    """A desk. `later` holds the replies to reloads, which are given when the test wants."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Asker]] = []
        self.later: list[Reply] = []
        self.refuses: str | None = None
        self.state = {"state": "hearing", "muted": False}

    def take(self, order: Order, by: Asker, reply: Reply) -> None:
        self.taken.append((order.name, by))
        if order.name == "reload":
            self.later.append(reply)
        elif order.name == "status":
            reply(Answer(order.name, order.id, more={"status": self.report()}))
        else:
            reply(Answer(order.name, order.id, self.refuses))

    def report(self) -> dict:
        return dict(self.state)


def event(body, sample: int = 1280, stream: str = "mic", utterance: int | None = None) -> Event:
    return Event(stream, utterance, sample, "2026-01-01T00:00:00.000Z", body)


def gap(n: int) -> Event:
    return event(Gap(samples=n, where="capture"), n)


def scores(n: int) -> Event:
    return event(Scores({"alexa": 0.1}, warming=False), n)


def final(text: str, utterance: int = 1) -> Event:
    words, metrics = (Word(text, 0.0, 1.0, 0.5),), Metrics(2.0, 0.5, 0.25, "cpu", "cpu")
    return event(Final(text, words, metrics, confidence=0.5), utterance=utterance)


MUTED = event(Muted("socket"))
