"""The NPU: whether the installed sherpa-onnx was built for it, and whether what it answers can be believed.

A build without RKNN ends its process when it is asked for it, so it is recognized by the libraries that its
files name, never by trying (sherpa-onnx 2.0.1 of PyPI: exit status 255).
"""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edged.backends.shared_libraries import libraries
from edged.backends.verdict import Hopeless, Refused
from edged.catalog.manifest import Model

PROVIDER = "rknn"
LIBRARY = "librknnrt.so"

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "transducer": ("streaming",),
    "zipformer-ctc": ("streaming",),
    "paraformer": ("offline",),
    "sense-voice": ("offline",),
}
"""Modes of each family for which sherpa-onnx has RKNN code; any other ends the process."""

CORES: Mapping[str, int] = {"auto": 1, "0": 0, "1": -1, "2": -2, "0_1": -3, "0_1_2": -4}
"""Cores of the NPU to what sherpa-onnx takes in the place of num_threads (csrc/rknn/utils.cc)."""

WAY_OUT = "https://k2-fsa.github.io/sherpa/onnx/rknn/install.html has one that is"


def built_for_npu(package: Path | None = None) -> str | None:
    """Return why the installed sherpa-onnx cannot use the NPU, None if it can. Nothing is loaded.

    package: its folder; None: wherever it is installed.
    """
    folder = package or _package()
    if folder is None:
        return "sherpa-onnx is not installed"
    files = sorted(folder.glob("lib/*.so*"))
    if not any(LIBRARY in needed(file) for file in files):
        return f"the installed sherpa-onnx is not built for RKNN (nothing in it needs {LIBRARY}); {WAY_OUT}"
    if not libraries(LIBRARY):
        return f"{LIBRARY} is missing, which the installed sherpa-onnx needs"
    return None


def needed(file: Path) -> tuple[str, ...]:
    """Return the names of the libraries that a shared library says it needs; none where it is none."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.dynamic import DynamicSection
    from elftools.elf.elffile import ELFFile

    try:
        with file.open("rb") as opened:
            sections = ELFFile(opened).iter_sections("SHT_DYNAMIC")
            tables: list[Any] = [each for each in sections if isinstance(each, DynamicSection)]
            tags = [tag for table in tables for tag in table.iter_tags("DT_NEEDED")]
            return tuple(str(tag.needed) for tag in tags)
    except (OSError, ELFError):
        return ()


def suits(model: Model, mode: str, package: Path | None = None) -> None:
    """Check that a model is one that sherpa-onnx can run on the NPU, and that it can be proven.

    package: see `built_for_npu`.

    Raises:
        Hopeless: it is not, and will not be before a restart.
    """
    facts = model.recognizer
    if (why := built_for_npu(package)) is not None:
        raise Hopeless(PROVIDER, why)
    if facts is None or mode not in FAMILIES.get(facts.family, ()):
        family = facts.family if facts else model.kind
        known = ", ".join(f"{name} ({', '.join(modes)})" for name, modes in FAMILIES.items())
        raise Hopeless(PROVIDER, f"{model.name}: {mode} {family} does not run there; {known} do")
    if "probe" not in model.files or not facts.probe_text:
        raise Hopeless(
            PROVIDER,
            f"{model.name} is unproven: its model.toml names no recording (files.probe) with its text"
            " (recognizer.probe_text) that it must understand first",
        )


def believable(model: Model, text: str) -> None:
    """Compare what was understood of the known recording with what was said in it.

    Raises:
        Refused: it is something else.
    """
    expected = model.recognizer.probe_text if model.recognizer else ""
    if _plain(text) != _plain(expected):
        raise Refused(PROVIDER, f"{model.name} understands {text[:80]!r} where {expected[:80]!r} was said")


def _plain(text: str) -> str:
    """Letters and digits alone: models differ in case and punctuation, not in words."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _package() -> Path | None:
    found = importlib.util.find_spec("sherpa_onnx")
    return Path(found.origin).parent if found is not None and found.origin else None
