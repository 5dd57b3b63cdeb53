"""Heads of the user's become a model folder of kind `compiled`, whole or not at all."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from edged.catalog.artifact import Artifact, Precision
from edged.catalog.convert.asked import Compute, Form, Head, Outcome, Settings
from edged.catalog.convert.environment import Toolkit
from edged.catalog.convert.group import Candidate, convert_group, readable
from edged.catalog.convert.samples import Samples
from edged.catalog.install import settle, sweep
from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile
from edged.catalog.pull import TEMPORARY, alone_in
from edged.catalog.read import read_model
from edged.catalog.verify import sha256_of, verify
from edged.errors import ModelError

TARGETS = ("rk3588", "rk3576", "rk3568", "rk3566", "rk3562")
"""Chips that the compiler makes files for; edged is tested with the first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A head that is wanted."""

    model: Model
    threshold: float
    """That it is used at."""
    words: tuple[int, ...]
    """Those of its outputs that are words."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted."""

    heads: Sequence[Wanted]
    target: str = "rk3588"
    precision: Precision = "fp16"
    embedding: Path | None = None
    """Also make the stage `embedding+heads`, with this embedding model."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What came of it."""

    model: Model
    outcomes: tuple[Outcome, ...]
    """Of the stage `heads` with a plain LayerNorm first."""
    unreadable: tuple[tuple[str, str], ...]
    """Heads that are none, and why."""

    @property
    def refused(self) -> dict[str, str]:
        """Heads that stay on the CPU, and why: those that passed in no form."""
        passed = {each.head.sha256 for each in self.outcomes if not each.finding.problem}
        plain = [each for each in self.outcomes if each.form == Form() and each.head.sha256 not in passed]
        return dict(self.unreadable) | {each.head.name: each.finding.problem for each in plain}


def name_of(target: str) -> str:
    """Return what the folder of a chip's compiled models is called."""
    return f"rknn-{target}"


def convert(
    order: Order,
    place: Path,
    toolkit: Callable[[], Toolkit],
    compute: Compute,
    samples: Samples,
    calibration: Samples | None = None,
    step: Callable[[str, str], None] = lambda what, step: None,
    waiting: Callable[[], None] = lambda: None,
) -> Converted:
    """Convert heads into `<place>/rknn-<target>`, in place of what lay there; what is the same is kept.

    toolkit: gives the compiler when it is needed. compute: the CPU's answers. samples: what to judge on.
    calibration: for int8. step: told (file, step). waiting: called once if a pull is at work there.

    Raises:
        ModelError: no head can be converted, with each reason; or the compiler cannot be had.
    """
    if order.precision == "int8" and (calibration is None or order.embedding is not None):
        raise ModelError(
            "int8 needs sounds to calibrate with, and is for heads alone: embeddings do not bear it"
        )
    candidates = [
        Candidate(
            each.model.name, each.model.files["model"].path, _sha256(each.model), each.threshold, each.words
        )
        for each in order.heads
    ]
    good, unreadable = readable(list({each.sha256: each for each in candidates}.values()))
    if not good:
        raise ModelError(_nothing(unreadable))
    folder = place / name_of(order.target)
    try:
        place.mkdir(parents=True, exist_ok=True)
        with alone_in(place, waiting):
            sweep(place, TEMPORARY)
            temporary = Path(mkdtemp(prefix=TEMPORARY, dir=place))
            try:
                staging = temporary / folder.name
                staging.mkdir()
                settings = Settings(
                    target=order.target,
                    place=staging,
                    samples=samples,
                    compute=compute,
                    toolkit=toolkit,
                    before=_before(folder),
                    precision=order.precision,
                    calibration=calibration,
                    step=step,
                )
                artifacts, outcomes = _all(good, settings, order)
                plain = [(each.head.name, each.finding.problem) for each in outcomes if each.form == Form()]
                if not artifacts:
                    raise ModelError(_nothing([*unreadable, *plain]))
                settle(_model(artifacts, [each.model for each in order.heads], staging), staging, folder)
            finally:
                shutil.rmtree(temporary)
    except OSError as exc:
        raise ModelError(
            f"{exc.filename or place}: {exc.strerror or exc} (choose a folder with --out)"
        ) from exc
    return Converted(read_model(folder), tuple(outcomes), tuple(unreadable))


def _all(heads: Sequence[Head], settings: Settings, order: Order) -> tuple[list[Artifact], list[Outcome]]:
    """Convert every window's heads, in every form: one may be exact enough where another is not."""
    artifacts: list[Artifact] = []
    outcomes: list[Outcome] = []
    others: list[Outcome] = []
    forms = [Form(layernorm="safe")] if order.precision == "fp16" else []
    forms += [Form(order.embedding)] if order.embedding is not None else []
    for window in sorted({head.window for head in heads}):
        group = [head for head in heads if head.window == window]
        plain = convert_group(group, settings, Form())
        artifacts += plain.artifacts
        outcomes += plain.outcomes
        known = [each.head for each in plain.outcomes if each.compiled]
        for form in forms if known else ():
            other = convert_group(known, settings, form)
            artifacts += other.artifacts
            others += other.outcomes
    return artifacts, outcomes + others


def _before(folder: Path) -> list[Artifact]:
    """Return what lies there and is whole; what is damaged is made anew."""
    try:
        found = read_model(folder)
        verify(found)
    except ModelError:
        return []
    return list(found.artifacts)


def _model(artifacts: Sequence[Artifact], sources: Sequence[Model], staging: Path) -> Model:
    """Return the model that these artifacts are, under the licences of what they were made from."""
    used = {head.sha256 for artifact in artifacts for head in artifact.heads}
    ours = [model for model in sources if _sha256(model) in used]
    files: dict[str, ModelFile] = {}
    for artifact in artifacts:
        role = artifact.file.path.name.partition(".")[0]
        files |= {role: artifact.file, f"{role}-probe": artifact.probe}
    makers = {maker for model in ours for maker in model.attribution.split("; ") if maker}
    return Model(
        name=staging.name,
        kind="compiled",
        folder=staging,
        files=files,
        licence=" AND ".join(sorted({model.licence for model in ours})),
        source="edged models convert",
        description=f"for the NPU: {', '.join(dict.fromkeys(model.name for model in ours))}"[:1000],
        attribution="; ".join(sorted(makers))[:1000],
        suits=f"boards with {artifacts[0].target} and the vendor's kernel",
        artifacts=tuple(artifacts),
    )


def _sha256(model: Model) -> str:
    """Return the sha256 of a head; one that has no model.toml promises none."""
    file = model.files["model"]
    try:
        return file.sha256 or sha256_of(file.path)
    except OSError as exc:
        raise ModelError(f"{file.path}: {exc.strerror or exc}") from exc


def _nothing(refused: Sequence[tuple[str, str]]) -> str:
    return "no head can be converted: " + "; ".join(f"{name}: {reason}" for name, reason in refused)
