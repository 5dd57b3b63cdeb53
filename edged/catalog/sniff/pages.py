"""Pieces of a file of any size: one page is in memory, whatever the file says about itself."""

from typing import BinaryIO

PAGE = 1 << 16
"""Bytes read at a time."""
MAX_PIECE = 1 << 20
"""Bytes asked for at once; nothing that is read whole is longer."""


class Malformed(ValueError):
    """The contents are not what their own format says; the text says where it breaks."""


class Pages:
    """A file that is asked for a few bytes here and there."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        """`size`: bytes in all. The file may be cut while it is read: that is `Malformed`, not a crash."""
        self.size = size
        self._file = file
        self._start = 0
        self._page = b""

    def read(self, at: int, count: int) -> bytes:
        """Return `count` bytes from offset `at`.

        Raises:
            Malformed: they lie outside the file, or are too many to be read whole.
            OSError: the disk refuses.
        """
        if at < 0 or count < 0 or at + count > self.size:
            raise Malformed("cut short")
        if count > MAX_PIECE:
            raise Malformed(f"a part of {count} bytes where a short one belongs")
        begin = at - self._start
        if begin < 0 or begin + count > len(self._page):
            self._file.seek(at)
            self._page = self._file.read(max(PAGE, count))
            self._start, begin = at, 0
        piece = self._page[begin : begin + count]
        if len(piece) < count:
            raise Malformed("cut short")
        return piece

    def head(self, count: int) -> bytes:
        """Return the first bytes, fewer where the file is shorter."""
        return self.read(0, min(count, self.size))

    def uint(self, at: int, count: int) -> int:
        """Return a little-endian number of `count` bytes, not negative."""
        return int.from_bytes(self.read(at, count), "little")
