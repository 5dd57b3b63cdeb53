"""A Model to the text of its `model.toml`."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from edged.catalog.artifact import Artifact
from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile


def model_toml(model: Model) -> str:
    """Return the model.toml whose reading gives the same Model.

    Every file must have its sha256 and size: a manifest without them promises nothing.
    """
    head: dict[str, object] = {
        "name": model.name,
        "kind": model.kind,
        "version": model.version,
        "licence": model.licence,
        "source": model.source,
        "description": model.description,
        "attribution": model.attribution,
        "languages": list(model.languages),
    }
    if model.suits:
        head["suits"] = model.suits
    if model.unverified:
        head["unverified"] = True
    if model.kind == "head":
        head |= {"lag_ms": model.lag_ms, "labels": list(model.labels)}
    tables = [_pairs(head)]
    for role, file in model.files.items():
        if file.sha256 is None or file.size is None:
            raise ValueError(f"{file.path}: sha256 and size are not known")
        path = file.path.relative_to(model.folder).as_posix()
        entry = {"path": path, "sha256": file.sha256, "bytes": file.size}
        tables.append(f"[files.{json.dumps(role)}]\n" + _pairs(entry))
    if model.recognizer is not None:
        asr = model.recognizer
        facts: dict[str, object] = {
            "family": asr.family,
            "modes": list(asr.modes),
            "sample_rate": asr.sample_rate,
            "min_audio_s": asr.min_audio_s,
            "tail_padding_s": asr.tail_padding_s,
            "max_audio_s": asr.max_audio_s,
            "self_test": asr.self_test,
            "vocabulary": asr.vocabulary,
            "decoding": asr.decoding,
            "modeling_unit": asr.modeling_unit,
        }
        if asr.probe_text:
            facts["probe_text"] = asr.probe_text
        tables.append("[recognizer]\n" + _pairs(facts))
    roles = {file: role for role, file in model.files.items()}
    for artifact in model.artifacts:
        tables.append("[[artifact]]\n" + _pairs(_artifact(artifact, roles)))
        if artifact.canary is not None:
            tables.append("[artifact.canary]\n" + _pairs(asdict(artifact.canary)))
        for slot in artifact.heads:
            said = {key: value for key, value in asdict(slot).items() if value is not None}
            tables.append("[[artifact.head]]\n" + _pairs(said))
    return "\n".join(tables)


def _artifact(artifact: Artifact, roles: Mapping[ModelFile, str]) -> dict[str, object]:
    table: dict[str, object] = {
        "file": roles[artifact.file],
        "probe": roles[artifact.probe],
        "provider": artifact.provider,
        "target": artifact.target,
        "stage": artifact.stage,
        "window": artifact.window,
        "precision": artifact.precision,
        "layernorm": artifact.layernorm,
        "toolkit": artifact.toolkit,
        "key": artifact.key,
        "simulator_error": artifact.simulator_error,
        "npu_operators": artifact.npu_operators,
        "cpu_operators": list(artifact.cpu_operators),
    }
    if artifact.embedding_sha256:
        table["embedding_sha256"] = artifact.embedding_sha256
    return table


def _pairs(table: Mapping[str, object]) -> str:
    """JSON spells strings, numbers, booleans and lists of strings as TOML does."""
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())
