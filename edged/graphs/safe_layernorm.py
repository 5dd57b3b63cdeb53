"""LayerNorm without ReduceMean, and within the range of half precision.

Boards have been reported to compute their LayerNorm wrongly where the simulator is right. This form gives
them matrix products to do: centring is folded into the Gemm before (its weights minus their mean), the mean
of squares becomes a product with a matrix of 1/N, and weights are scaled by 1/32 (the constant under the
root by its square) because squares overflow fp16 else. The result is the same number.
"""

from typing import Any

import numpy as np

from edged.graphs.head_graph import HeadGraph
from edged.graphs.onnx_file import attributes, constants

SCALE = 1 / 32


def safe(head: HeadGraph) -> HeadGraph | None:
    """Return a head that computes the same, or None where it has no LayerNorm after a Gemm."""
    from dataclasses import replace

    work = _Rewrite(head)
    found = [work.rewrite(node) for node in head.nodes if node.op_type == "Gemm"]
    if not any(found):
        return None
    nodes, tensors = work.result()
    return replace(head, nodes=nodes, constants=tensors)


class _Rewrite:
    def __init__(self, head: HeadGraph) -> None:
        from onnx import NodeProto, TensorProto, helper, numpy_helper

        self._make: Any = helper
        self._from: Any = numpy_helper.from_array
        copies: list[Any] = [NodeProto.FromString(node.SerializeToString()) for node in head.nodes]
        tensors: list[Any] = [TensorProto.FromString(each.SerializeToString()) for each in head.constants]
        self.nodes: dict[str, list[Any]] = {node.output[0]: [node] for node in copies}
        self._tensors = {tensor.name: tensor for tensor in tensors}
        graph: Any = self._make.make_graph(copies, "head", [], [], tensors)
        self._values = constants(graph)
        self._users: dict[str, list[Any]] = {}
        for node in copies:
            for each in node.input:
                self._users.setdefault(each, []).append(node)

    def rewrite(self, gemm: Any) -> bool:
        """Rewrite the LayerNorm after a Gemm; False where there is none."""
        flow = gemm.output[0]
        means = [node for node in self._users.get(flow, []) if node.op_type == "ReduceMean"]
        weights, bias = (self._values.get(name) for name in (*gemm.input[1:], "", "")[:2])
        if len(means) != 1 or weights is None or bias is None:
            return False
        mean = means[0].output[0]
        squares = self._mean_of_squares(flow, mean)
        if squares is None:
            return False
        reduce, square, centred = squares
        roots = [node for node in self._users[reduce.output[0]] if node.op_type == "Add"]
        if len(roots) != 1 or self._epsilon(roots[0]) is None:
            return False
        self._fold(gemm, weights.astype(np.float64), bias.astype(np.float64))
        self._zero(mean)
        self._replace(reduce, square, centred, weights.shape[0 if attributes(gemm).get("transB") else 1])
        self._scale_epsilon(roots[0])
        return True

    def _mean_of_squares(self, flow: str, mean: str) -> tuple[Any, Any, str] | None:
        for sub in self._users.get(mean, []):
            if sub.op_type != "Sub" or list(sub.input) != [flow, mean]:
                continue
            for square in self._users.get(sub.output[0], []):
                twice = square.op_type == "Mul" and square.input[0] == square.input[1]
                power = self._values.get(square.input[1]) if square.op_type == "Pow" else None
                if not twice and not (
                    power is not None and power.size == 1 and float(power.reshape(())) == 2
                ):
                    continue
                for reduce in self._users.get(square.output[0], []):
                    if reduce.op_type == "ReduceMean":
                        return reduce, square, sub.output[0]
        return None

    def _epsilon(self, add: Any) -> int | None:
        found = [i for i, name in enumerate(add.input) if name in self._values]
        return found[0] if len(found) == 1 and self._values[add.input[found[0]]].size == 1 else None

    def _constant(self, name: str, value: Any) -> str:
        self._tensors[name] = self._from(np.ascontiguousarray(value, np.float32), name)
        return name

    def _fold(self, gemm: Any, weights: Any, bias: Any) -> None:
        axis = 0 if attributes(gemm).get("transB") else 1
        centred = weights - weights.mean(axis, keepdims=True)
        own = gemm.output[0]
        node = self.nodes[own][0]
        node.input[1] = self._constant(f"{own}_w", SCALE * centred)
        node.input[2] = self._constant(f"{own}_b", SCALE * (bias - bias.mean()))

    def _zero(self, mean: str) -> None:
        """Take the mean, which is now 0, out of everything that it goes into."""
        self.nodes[mean] = []
        for user in self._users.get(mean, []):
            output, other = user.output[0], [each for each in user.input if each != mean]
            if user.op_type == "Mul":
                self._zero(output)
            elif user.op_type in ("Sub", "Add") and user.input[0] != mean:
                self._alias(output, other[0])
            # a ReduceMean, or a difference the other way round, is no LayerNorm that anybody exports

    def _alias(self, output: str, to: str) -> None:
        self.nodes[output] = [self._make.make_node("Identity", [to], [output], name=f"{output}_same")]

    def _replace(self, reduce: Any, square: Any, centred: str, size: int) -> None:
        name = reduce.output[0]
        matrix = self._constant(f"{name}_mean", np.full((size, size), 1 / size))
        squared = square.output[0]
        self.nodes[squared] = [
            self._make.make_node("Mul", [centred, centred], [squared], name=f"{squared}_square")
        ]
        self.nodes[name] = [self._make.make_node("MatMul", [squared, matrix], [name], name=f"{name}_mean")]

    def _scale_epsilon(self, add: Any) -> None:
        index = self._epsilon(add)
        node = self.nodes[add.output[0]][0]
        if index is not None:
            value = self._values[add.input[index]].astype(np.float64) * SCALE**2
            node.input[index] = self._constant(f"{add.output[0]}_eps", value)

    def result(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return nodes without detours, and the constants that they still use."""
        nodes = [node for each in self.nodes.values() for node in each]
        alias = {
            n.output[0]: n.input[0] for n in nodes if n.op_type == "Identity" and n.name.endswith("_same")
        }
        kept = [node for node in nodes if node.output[0] not in alias]
        for node in kept:
            for i, name in enumerate(node.input):
                while name in alias:
                    name = alias[name]
                node.input[i] = name
        used = {name for node in kept for name in node.input}
        return tuple(kept), tuple(tensor for name, tensor in self._tensors.items() if name in used)
