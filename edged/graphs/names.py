"""Names of tensors and nodes that no compiler stumbles over.

openWakeWord's timer has a JSON text as the name of its output, its exporters put colons and slashes in
others, and two heads of one exporter share most of their names.
"""

from collections.abc import Mapping
from typing import Any


def rename(graph: Any, prefix: str, kept: Mapping[str, str]) -> dict[str, str]:
    """Give every tensor and node of a graph a plain name; return the new names by the old.

    graph: without inner graphs.
    prefix: letters and digits that no other graph of the same model has.
    kept: the new names of tensors that are known outside.
    """
    names = {"": "", **kept}

    def new(old: str) -> str:
        return names.setdefault(old, f"{prefix}_{len(names)}")

    for tensor in graph.initializer:
        tensor.name = new(tensor.name)
    for value in (*graph.input, *graph.output):
        value.name = new(value.name)
    for index, node in enumerate(graph.node):
        node.name = f"{prefix}_{node.op_type.lower()}_{index}"
        node.doc_string = ""
        node.input[:] = [new(each) for each in node.input]
        node.output[:] = [new(each) for each in node.output]
    del graph.value_info[:]  # under the old names, and nobody needs them
    return names
