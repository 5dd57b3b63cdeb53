"""A head with an `If`, as openWakeWord's hey_jarvis, becomes one that answers both branches.

hey_jarvis computes a score and, where that is at least 0.5, has a second network verify it. No NPU compiler
takes an `If`, and writing it as arithmetic puts a comparison at 0.5 into half precision. With both
branches as outputs the CPU chooses, and the choice is exact.
"""

from typing import Any

from edged.errors import ModelError
from edged.graphs.onnx_file import attributes, constants


def flatten(graph: Any, what: str) -> tuple[list[str], float | None]:
    """Replace the `If` of a graph, in place; return the outputs' names and the switch.

    Without an `If`: its one output, and None. With one: the score that was compared, the score of the other
    branch, and the threshold from which on the second counts. `what` begins every error.

    Raises:
        ModelError: an `If` of another form.
    """
    found = [node for node in graph.node if node.op_type == "If"]
    if not found:
        return [graph.output[0].name], None
    if len(found) > 1 or found[0].output[0] != graph.output[0].name:
        raise ModelError(f"{what}: has an If that is not its last step, and only that form is known")
    condition = found[0]
    compared, switch = _comparison(graph, condition.input[0], what)
    branches = attributes(condition)
    otherwise = _inline(graph, branches["else_branch"], "else")
    then = _inline(graph, branches["then_branch"], "then")
    if _origin(graph, otherwise) != _origin(graph, compared):
        raise ModelError(
            f"{what}: its If answers something else than it compares, and that form is not known"
        )
    _keep_needed(graph, [compared, then])
    return [compared, then], switch


def _comparison(graph: Any, name: str, what: str) -> tuple[str, float]:
    """Return what is compared and with which constant; casts between are looked through."""
    made = {output: node for node in graph.node for output in node.output}
    node = made.get(name)
    while node is not None and node.op_type in ("Cast", "Squeeze", "Reshape", "Identity"):
        node = made.get(node.input[0])
    kind = node.op_type if node is not None else "an input"
    known = constants(graph)
    if node is None or kind != "GreaterOrEqual" or node.input[1] not in known:
        raise ModelError(
            f"{what}: its If depends on {kind}; only a score that is at least a constant is known"
        )
    value = known[node.input[1]]
    if value.size != 1:
        raise ModelError(f"{what}: its If compares with {value.size} numbers; only one is known")
    return str(node.input[0]), float(value.reshape(()))


def _inline(graph: Any, branch: Any, prefix: str) -> str:
    """Append a branch to the graph, its own names made its own; return the name of its output."""
    own = {tensor.name for tensor in branch.initializer}
    own |= {output for node in branch.node for output in node.output}
    names = {name: f"{prefix}/{name}" for name in own}
    for tensor in branch.initializer:
        tensor.name = names[tensor.name]
    for node in branch.node:
        node.input[:] = [names.get(each, each) for each in node.input]
        node.output[:] = [names[each] for each in node.output]
    graph.initializer.extend(branch.initializer)
    graph.node.extend(branch.node)
    output = str(branch.output[0].name)
    return names.get(output, output)


def _origin(graph: Any, name: str) -> str:
    made: dict[str, Any] = {output: node for node in graph.node for output in node.output}
    while name in made and made[name].op_type == "Identity":
        name = str(made[name].input[0])
    return name


def _keep_needed(graph: Any, outputs: list[str]) -> None:
    """Drop what no output needs, the `If` with it."""
    needed, kept = set(outputs), list[Any]()
    for node in reversed(graph.node):
        if node.op_type != "If" and needed & set(node.output):
            kept.append(node)
            needed |= set(node.input)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    constants_ = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(constants_)
