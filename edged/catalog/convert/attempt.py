"""One compiled graph: built, found in what was made before or compiled, judged, and its files written."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from edged.catalog.artifact import Artifact, Canary, Floats, Slot
from edged.catalog.convert.asked import Form, Head, Outcome, Settings
from edged.catalog.convert.environment import PINS, version
from edged.catalog.convert.gate import CANARY_TOLERANCE, Finding, canary_problem, examine, worst
from edged.catalog.convert.job import Compiled, Job, NotCompiled, compile_graph
from edged.catalog.convert.samples import probe_file
from edged.catalog.model_file import ModelFile
from edged.graphs.fused import EARLIER, EMBEDDING_OUT, fuse
from edged.graphs.head_graph import FEATURES, HeadGraph, read_heads
from edged.graphs.merged_heads import SCORES, MergedGraph, merge
from edged.graphs.safe_layernorm import safe

SEED = 3588
"""Of the canary: any number will do, as long as the file says which."""
SAME = 1e-4
"""Largest difference of a score that rewriting the graph may make, in fp32."""


class Attempt:
    """Heads of one window in one form, as one graph."""

    def __init__(self, heads: Sequence[Head], settings: Settings, form: Form, stem: str) -> None:
        """`stem` begins the names of the files.

        Raises:
            ModelError: a head, or the embedding model, cannot be read.
        """
        self._heads, self._settings, self._form, self._stem = heads, settings, form, stem
        self._graphs = read_heads([(head.name, head.path) for head in heads])
        self._seed = SEED if settings.precision == "fp16" else None
        self.merged = self._merge()
        """None where the form differs in nothing from the plain one."""

    def _merge(self) -> MergedGraph | None:
        graphs: list[HeadGraph] = self._graphs
        if self._form.layernorm == "safe":
            changed = [safe(graph) for graph in graphs]
            if not any(changed):
                return None
            graphs = [new or old for new, old in zip(changed, graphs, strict=True)]
        if self._form.embedding is not None:
            return fuse(self._form.embedding, graphs, self._seed)
        return merge(graphs, self._seed)

    def make(self) -> tuple[Artifact, list[Outcome]]:
        """Compile, or find it made before, and judge it.

        Raises:
            NotCompiled: the compiler does not make it.
        """
        assert self.merged is not None
        settings, merged = self._settings, self.merged
        slots = tuple(
            Slot(head.name, head.sha256, placed.at, placed.outputs, placed.switch)
            for head, placed in zip(self._heads, merged.placed, strict=True)
        )
        canary = Canary(merged.columns - 1, self._seed, CANARY_TOLERANCE) if self._seed is not None else None
        inputs = settings.samples.inputs(self._form.stage, self._heads[0].window)
        key = self._key(merged.model, inputs)
        expected = self._expected(merged.model, inputs, slots)
        before = next((each for each in settings.before if each.key == key), None)
        if before is not None:
            artifact = replace(before, heads=slots, **self._copied(before))
            return artifact, [
                Outcome(head, Finding(before.simulator_error, 0, _heard(head, slot, expected[SCORES])),
                        self._form, fresh=False)
                for head, slot in zip(self._heads, slots, strict=True)
            ]  # fmt: skip
        calibration = self._calibration()
        job = Job(merged.model, settings.target, inputs, list(expected), self._label(key), calibration)
        with TemporaryDirectory(dir=settings.place.parent, prefix=".build-") as work:
            compiled = compile_graph(job, settings.toolkit(), Path(work), self._step)
            found = compiled.answers[SCORES]
            if problem := canary_problem(canary, expected[SCORES], found):
                raise NotCompiled(problem)
            findings = [
                examine(slot, head.threshold, head.words, expected[SCORES], found, settings.precision)
                for head, slot in zip(self._heads, slots, strict=True)
            ]
            outcomes = [
                Outcome(head, finding, self._form)
                for head, finding in zip(self._heads, findings, strict=True)
            ]
            probe = probe_file(inputs, expected, settings.samples.known)
            file, stored = self._stored(compiled.file, probe, key)
        return self._artifact(file, stored, slots, canary, key, compiled, worst(findings)), outcomes

    def _artifact(
        self,
        file: ModelFile,
        probe: ModelFile,
        slots: tuple[Slot, ...],
        canary: Canary | None,
        key: str,
        compiled: Compiled,
        error: float,
    ) -> Artifact:
        settings = self._settings
        return Artifact(
            file=file,
            probe=probe,
            provider="rknn",
            target=settings.target,
            stage=self._form.stage,
            window=self._heads[0].window,
            heads=slots,
            canary=canary,
            precision=settings.precision,
            toolkit=version(),
            key=key,
            simulator_error=error,
            layernorm=self._form.layernorm,
            embedding_sha256=""
            if self._form.embedding is None
            else _digest(self._form.embedding.read_bytes()),
            npu_operators=compiled.placement.npu,
            cpu_operators=compiled.placement.cpu,
        )

    def _expected(
        self, model: bytes, inputs: Mapping[str, Floats], slots: Sequence[Slot]
    ) -> dict[str, Floats]:
        """Return what the graph answers in fp32, having made sure that it answers what its heads do.

        Raises:
            NotCompiled: rewriting has changed a head.
        """
        names = [SCORES] if self._form.embedding is None else [SCORES, EMBEDDING_OUT]
        expected = dict(zip(names, self._settings.compute(model, list(inputs.values())), strict=True))
        features = inputs.get(FEATURES)
        if features is None:
            earlier, newest = inputs[EARLIER], expected[EMBEDDING_OUT]
            features = np.concatenate([earlier, newest], axis=1)
        for head, slot in zip(self._heads, slots, strict=True):
            original = self._settings.compute(head.path.read_bytes(), [features])[0]
            mine = slot.scores(expected[SCORES])
            error = float(np.abs(original.reshape(mine.shape) - mine).max())
            if not error <= SAME:
                raise NotCompiled(
                    f"rewritten for the NPU it scores {error:.2g} off in fp32; please report it"
                )
        return expected

    def _key(self, model: bytes, inputs: Mapping[str, Floats]) -> str:
        """Return the sha256 of all that the answer depends on."""
        settings = self._settings
        arrays = [*inputs.values(), *self._calibration()]
        said = {
            "model": _digest(model),
            "target": settings.target,
            "precision": settings.precision,
            "toolkit": _digest(PINS.read_bytes()),
            "known": settings.samples.known,
            "thresholds": [head.threshold for head in self._heads],
            "samples": [_digest(np.ascontiguousarray(each).tobytes()) for each in arrays],
        }
        return _digest(json.dumps(said, sort_keys=True).encode())

    def _calibration(self) -> list[Floats]:
        """Return windows, each (1, window, 96): the user's, and the known ones, which boards ask about."""
        settings, window = self._settings, self._heads[0].window
        if settings.calibration is None:
            return []
        known = settings.samples.inputs("heads", window)[FEATURES][: settings.samples.known]
        feats = np.concatenate([settings.calibration.inputs("heads", window)[FEATURES], known])
        return [feats[i : i + 1] for i in range(len(feats))]

    def _label(self, key: str) -> str:
        return f"edged;key={key[:12]};heads={','.join(head.name for head in self._heads)}"

    def _step(self, step: str) -> None:
        self._settings.step(self._stem, step)

    def _stored(self, compiled: Path, probe: bytes, key: str) -> tuple[ModelFile, ModelFile]:
        place = self._settings.place
        file, stored = place / f"{self._stem}.{key[:12]}.rknn", place / f"{self._stem}.{key[:12]}.npz"
        shutil.copyfile(compiled, file)
        stored.write_bytes(probe)
        return _described(file), _described(stored)

    def _copied(self, before: Artifact) -> dict[str, ModelFile]:
        copies = {"file": before.file, "probe": before.probe}
        for kind, file in copies.items():
            target = self._settings.place / file.path.name
            shutil.copyfile(file.path, target)
            copies[kind] = _described(target)
        return copies


def _heard(head: Head, slot: Slot, expected: Floats) -> int:
    return int((slot.scores(expected)[:, list(head.words)] >= head.threshold).sum())


def _described(path: Path) -> ModelFile:
    contents = path.read_bytes()
    return ModelFile(path, _digest(contents), len(contents))


def _digest(contents: bytes) -> str:
    return hashlib.sha256(contents).hexdigest()
