"""One side of a comparison, as the one who compares holds it: asked for rounds, one at a time."""

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edged.backends.child import child_environment
from edged.bench import side_child
from edged.errors import ConfigError, EdgedError, ProviderUnavailable

LIMIT_S = 600.0
"""Seconds an answer may take: kernels are compiled the first time, rounds are as long as their sound."""

END_S = 10.0
"""Seconds it gets to end by itself."""

PROVIDERS = {
    "cpu": {"features.backend": "cpu", "heads.backend": "cpu"},
    "opencl": {"features.backend": "opencl", "heads.backend": "cpu"},
    "ort-opencl": {"features.backend": "ort-opencl", "heads.backend": "cpu"},
    "rknn": {"features.backend": "cpu", "heads.backend": "rknn"},
}
"""What a provider's name stands for in place of a file, without a fallback: it runs there or not at all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a side is opened with."""

    label: str
    config: Path | None
    """TOML file; None as for `edged run`."""
    overrides: dict[str, Any] = field(default_factory=dict[str, Any])


def asked(named: str, base: Path | None) -> Asked:
    """Return what a command line's A or B means: a TOML file, or a provider in the configuration `base`.

    Raises:
        ConfigError: it is neither.
    """
    if named in PROVIDERS:
        alone: dict[str, Any] = {"features.fallback": [], "heads.fallback": []}
        return Asked(named, base, {**PROVIDERS[named], **alone})
    if Path(named).is_file():
        return Asked(named, Path(named))
    raise ConfigError(f"{named}: neither a file nor one of the providers {', '.join(PROVIDERS)}")


class Side:
    """A process that hears recordings when it is told to."""

    def __init__(self, wanted: Asked, files: Sequence[Path]) -> None:
        """Start it and wait until everything is open.

        Raises:
            ProviderUnavailable: a backend that was named does not serve.
            EdgedError: it cannot be opened for another reason.
        """
        self.label = wanted.label
        ours, theirs = os.pipe()
        question = {
            "config": str(wanted.config.absolute()) if wanted.config else None,
            "overrides": wanted.overrides,
            "files": [str(file.absolute()) for file in files],
        }
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", side_child.__name__, str(theirs), json.dumps(question)],
                pass_fds=(theirs,),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                env=child_environment(),
            )
        except OSError as exc:
            os.close(ours)
            self._log.close()
            raise EdgedError(f"{self.label}: no process can be started ({exc})") from exc
        finally:
            os.close(theirs)
        self._answers = os.fdopen(ours, "rb", buffering=0)
        self._rest = b""
        try:
            self._answer()
        except BaseException:
            self.close()
            raise

    def ask(self, question: str) -> dict[str, Any]:
        """Return the answer to a question of `side_child`.

        Raises:
            ProviderUnavailable, EdgedError: see `Side`; or the process ended or hangs.
        """
        assert self._process.stdin is not None  # asked for
        with contextlib.suppress(BrokenPipeError):  # why it ended is its last answer
            self._process.stdin.write(f"{question}\n".encode())
            self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the process; closing twice is allowed."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()
        self._log.close()

    def _answer(self) -> dict[str, Any]:
        said = json.loads(self._line())
        if "why" in said and "provider" in said:
            raise ProviderUnavailable(said["provider"], f"{self.label}: {said['why']}")
        if "why" in said:
            raise EdgedError(f"{self.label}: {said['why']}")
        return said

    def _line(self) -> bytes:
        until = time.monotonic() + LIMIT_S
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                self._process.kill()
                raise EdgedError(f"{self.label}: no answer in {LIMIT_S:g} s")
            more = self._answers.read(1 << 16)
            if not more:
                raise EdgedError(f"{self.label}: the process that measures it ended: {self._last_words()}")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _last_words(self) -> str:
        self._log.seek(0)
        return (
            "".join(self._log.read().decode(errors="replace").strip().splitlines()[-1:]) or "without a word"
        )
