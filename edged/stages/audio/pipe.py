"""A pipe that can be read and, from another thread, be told to stop waiting."""

import os
import select


class Pipe:
    """Reads a file descriptor that is not ours to close."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._woken, self._waker = os.pipe()
        self._interrupted = False

    def read1(self, size: int = -1, /) -> bytes:
        """Wait for some bytes, at most `size`; none at the end, and none after `interrupt`."""
        if self._interrupted:
            return b""
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLIN)
        waiting.register(self._woken, select.POLLIN)
        ready = {descriptor for descriptor, _ in waiting.poll()}
        return b"" if self._woken in ready else os.read(self._descriptor, size)

    def interrupt(self) -> None:
        """End a read that waits; from any thread, as often as one likes."""
        if not self._interrupted:
            self._interrupted = True
            os.write(self._waker, b"!")

    def close(self) -> None:
        """Give back what is ours; closing twice is allowed."""
        for descriptor in (self._woken, self._waker):
            if descriptor >= 0:
                os.close(descriptor)
        self._interrupted, self._woken, self._waker = True, -1, -1
