"""What any graph answers to many inputs: the reference that compiled graphs are compared with."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from edged.backends.backend import Floats
from edged.backends.cpu.session import open_session
from edged.errors import ProviderFailed


def answers(model: bytes, inputs: Sequence[Floats]) -> list[Floats]:
    """Return every output of a graph, first axis the inputs'.

    model: serialized ONNX of batch 1. inputs: in its order, first axis the windows.

    Raises:
        ProviderUnavailable: onnxruntime is missing or refuses it.
        ProviderFailed: it does not run.
    """
    session = open_session(model, "graph")
    names = [each.name for each in session.get_inputs()]
    rows: list[list[Any]] = []
    for index in range(len(inputs[0])):
        feed = {name: each[index : index + 1] for name, each in zip(names, inputs, strict=True)}
        try:
            rows.append(session.run(None, feed))
        except Exception as exc:  # onnxruntime raises a dozen private classes: all mean "failed"
            raise ProviderFailed("cpu", f"graph: {exc}") from exc
    return [np.concatenate([np.asarray(row[i], np.float32) for row in rows]) for i in range(len(rows[0]))]
