"""Which utterance a process works on, in memory that outlives it: who pays for its death."""

import mmap
import os
import struct

NUMBER = struct.Struct("=q")


class Blame:
    """Eight bytes that two processes share; one writes, the other reads. 0: no utterance."""

    def __init__(self, descriptor: int | None = None) -> None:
        """Share what another process made, given its descriptor, or make new ones.

        Raises:
            OSError: no memory, or not such a descriptor.
        """
        self.descriptor = os.memfd_create("edged-recognizer") if descriptor is None else descriptor
        try:
            os.ftruncate(self.descriptor, NUMBER.size)
            self._memory = mmap.mmap(self.descriptor, NUMBER.size)
        except BaseException:
            os.close(self.descriptor)
            raise

    @property
    def utterance(self) -> int:
        """The utterance that is or was worked on."""
        (number,) = NUMBER.unpack_from(self._memory)
        return int(number)

    @utterance.setter
    def utterance(self, number: int) -> None:
        NUMBER.pack_into(self._memory, 0, number)

    def close(self) -> None:
        self._memory.close()
        os.close(self.descriptor)
