"""Messages as no client should send them: valid ones, bent in seeded ways."""

import json
import random
from collections.abc import Sequence
from typing import Any

STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**30,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "x" * 70_000,
    "\0\ud800",
    "../../etc/passwd",
    [],
    [None, {}],
    {},
    {"a": {"b": []}},
)


class Bender:
    """Bends what is valid; the same seed bends the same way."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def value(self, value: Any, depth: int = 0) -> Any:
        """Return a JSON value in which some things are others."""
        chance = self.random.random()
        if chance < 0.25:
            return self.random.choice(STRANGE)
        if isinstance(value, dict) and depth < 4:
            bent = {
                key: self.value(each, depth + 1) for key, each in value.items() if self.random.random() > 0.1
            }
            if chance > 0.9:
                bent[self.random.choice(["", "type", "data", "\u2028", "mode"])] = self.random.choice(STRANGE)
            return bent
        if isinstance(value, list):
            return [self.value(each, depth + 1) for each in value] * self.random.choice((0, 1, 1, 3))
        return value

    def text(self, message: dict[str, Any]) -> str:
        """Return a JSON text that may be none."""
        text = json.dumps(self.value(message), ensure_ascii=self.random.random() < 0.5)
        if self.random.random() < 0.3:
            text = self.data(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
        return text

    def data(self, data: bytes) -> bytes:
        """Return bytes of which some are changed, missing, doubled or new."""
        bent = bytearray(data)
        for _ in range(self.random.randint(1, 4)):
            at = self.random.randint(0, len(bent))
            match self.random.randint(0, 4):
                case 0:
                    del bent[at : at + self.random.randint(1, 40)]
                case 1:
                    bent[at:at] = self.random.randbytes(self.random.randint(1, 40))
                case 2:
                    bent[at:at] = bent[at : at + self.random.randint(1, 200)]
                case 3:
                    bent[at : at + 1] = bytes([self.random.randint(0, 255)])
                case _:
                    del bent[at:]
        return bytes(bent)

    def some(self, of: Sequence[Any]) -> list[Any]:
        """Return some of these in another order, some of them more than once."""
        return self.random.choices(of, k=self.random.randint(1, len(of) + 2))
