"""Walks protobuf's wire format in a file, field by field, and steps over what nobody asks for.

Why not the onnx package: it parses the whole file into memory, several times the size of the file, and
recognizers have 600 MB where boards have 4 GB. The tests hold this reader against it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from edged.catalog.sniff.pages import Malformed, Pages

MAX_FIELDS = 1_000_000
"""Fields looked at in one file: the largest recognizers have under 200 000, and each costs about 2 us."""
MAX_TEXT = 16 << 20
"""Bytes of text taken out of one file."""
MAX_WORD = 4096
"""Bytes of one name; longer ones are cut."""
VARINT_BYTES = 10


@dataclass(slots=True)
class Budget:
    """What reading one file may still cost."""

    fields: int = MAX_FIELDS
    text: int = MAX_TEXT

    def spend(self, fields: int, text: int) -> None:
        """Take from the budget.

        Raises:
            Malformed: nothing is left.
        """
        self.fields -= fields
        self.text -= text
        if self.fields < 0 or self.text < 0:
            raise Malformed("more parts than any model has")


class Message:
    """A message, or any other length-delimited field, that lies in a file."""

    def __init__(self, pages: Pages, start: int, end: int, budget: Budget) -> None:
        self._pages = pages
        self._start = start
        self._end = end
        self._budget = budget

    def __len__(self) -> int:
        return self._end - self._start

    def __iter__(self) -> Iterator[tuple[int, "int | Message | None"]]:
        """Yield number and value of each field: a varint, a message, or None for a fixed 4 or 8 bytes.

        Raises:
            Malformed: it is not protobuf, or the budget is spent.
        """
        at = self._start
        while at < self._end:
            self._budget.spend(1, 0)
            key, at = self._varint(at)
            number, wire = key >> 3, key & 7
            if number == 0:
                raise Malformed(f"no field at byte {at}")
            if wire == 0:
                value, at = self._varint(at)
                yield number, value
            elif wire == 2:
                length, at = self._varint(at)
                if at + length > self._end:
                    raise Malformed("cut short")
                yield number, Message(self._pages, at, at + length, self._budget)
                at += length
            elif wire in (1, 5):
                at += 8 if wire == 1 else 4
                if at > self._end:
                    raise Malformed("cut short")
                yield number, None
            else:
                raise Malformed(f"no field at byte {at}")

    def text(self) -> str:
        """Return it as text, cut where it is too long for a name, without what is no UTF-8."""
        length = min(len(self), MAX_WORD)
        self._budget.spend(0, length)
        return self._pages.read(self._start, length).decode(errors="replace")

    def packed(self) -> list[int]:
        """Return it as packed varints."""
        numbers: list[int] = []
        at = self._start
        while at < self._end:
            self._budget.spend(1, 0)
            number, at = self._varint(at)
            numbers.append(number)
        return numbers

    def _varint(self, at: int) -> tuple[int, int]:
        value = 0
        piece = self._pages.read(at, min(VARINT_BYTES, self._end - at))
        for index, byte in enumerate(piece):
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value & (1 << 64) - 1, at + index + 1
        raise Malformed(f"no number at byte {at}")


def signed(value: int) -> int:
    """Return a varint as protobuf's int64."""
    return value - (1 << 64) if value >> 63 else value
