"""Compiled kernels: out of the store where it has them, by the driver's compiler otherwise."""

import hashlib
import threading
from dataclasses import dataclass
from typing import Any, Literal

from edged.backends.opencl.driver import driver, refused, sentence
from edged.backends.opencl.store import Store
from edged.errors import ProviderUnavailable

OPTIONS = ("-cl-mad-enable",)
"""Multiplications and additions may be fused; nothing is reordered, and NaN stays NaN."""
KIND = "program"

_LOCK = threading.Lock()
"""Held while a kernel object is made: pyopencl writes Python code for each, into a table of the process."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that was built for one device."""

    built: Any
    origin: Literal["binary", "source"]
    key: tuple[str, ...]

    def kernel(self, name: str) -> Any:
        """Return a new kernel object: each has arguments of its own."""
        with refused(f"kernel {name}"), _LOCK:
            return driver().Kernel(self.built, name)

    def keep(self, store: Store) -> None:
        """Spare the next start the compiler."""
        if self.origin == "source":
            cl = driver()
            with refused("reading the program back"):
                (binary,) = self.built.get_info(cl.program_info.BINARIES)
            store.keep(KIND, self.key, binary)


def build(context: Any, device: Any, text: str, identity: tuple[str, ...], store: Store) -> Program:
    """Build a program; `identity` names device, driver and version of edged.

    Raises:
        ProviderUnavailable: the compiler refuses it.
    """
    cl = driver()
    key = (*identity, *OPTIONS, hashlib.sha256(text.encode()).hexdigest())
    binary = store.find(KIND, key)
    if binary is not None:
        try:
            loaded = cl.Program(context, [device], [binary]).build(list(OPTIONS), [device])
            return Program(loaded, "binary", key)
        except cl.Error as exc:
            store.reject(KIND, key, f"is refused by the driver ({sentence(exc)})")
    try:
        built = cl.Program(context, text).build(list(OPTIONS), [device], cache_dir=False)
    except cl.Error as exc:
        raise ProviderUnavailable(
            "opencl", f"the driver's compiler refuses the kernels: {_first(exc)}"
        ) from exc
    return Program(built, "source", key)


def _first(error: Exception) -> str:
    """Return what matters of a compiler's log: the first line that calls itself an error."""
    wrong = [line.strip() for line in str(error).splitlines() if "error:" in line]
    return wrong[0] if wrong else sentence(error)
