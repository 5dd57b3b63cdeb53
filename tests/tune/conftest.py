"""A configuration whose overlay can be written, and answers of measurements that are planned."""

from collections.abc import Callable

import pytest

from edged.tune.apply import Tuning
from edged.tune.question import Answer, Question


@pytest.fixture
def write(tmp_path):
    """Write the user's own file."""

    def write(text: str = "") -> Tuning:
        (tmp_path / "edged.toml").write_text(text)
        return Tuning(tmp_path / "edged.toml", {})

    return write


class Planned:
    """Answers each question by a function of it, and remembers the order of the questions."""

    def __init__(self, cost: Callable[[Question], float | str]) -> None:
        self.cost = cost
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> Answer | str:
        self.asked.append(question)
        said = self.cost(question)
        # no two rounds of a machine are the same
        wobble = 1 + 0.01 * (len(self.asked) % 3)
        return said if isinstance(said, str) else Answer(said * wobble, said, "planned")
