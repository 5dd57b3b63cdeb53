"""No module of others is changed at run time: what is broken there is worked around or reported there."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "edged").rglob("*.py"))

PUT_BACK = {"edged/backends/rknn/lite.py": ["setattr(lib, name, table)"]}
"""What undoes, and nothing more, a change that a library of others makes to Python's own."""


def patches(source: str) -> list[str]:
    """Return every assignment to an attribute of something imported from outside edged."""
    tree = ast.parse(source)
    foreign = set(_imported(tree))
    for node in ast.walk(tree):  # `lib: Any = library` is the library under another name
        match node:
            case (
                ast.AnnAssign(target=ast.Name(id=name), value=ast.Name(id=of))
                | ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=of))
            ) if of in foreign:
                foreign.add(name)
    return [ast.unparse(node) for node in ast.walk(tree) if _changes(node, foreign)]


def _imported(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((a.asname or a.name).partition(".")[0] for a in node.names if not _ours(a.name))
        elif isinstance(node, ast.ImportFrom) and not _ours(node.module or ""):
            yield from (alias.asname or alias.name for alias in node.names)


def _ours(module: str) -> bool:
    return module.partition(".")[0] == "edged"


def _changes(node: ast.AST, foreign: set[str]) -> bool:
    match node:
        case ast.Assign(targets=targets):
            changed = [target for target in targets if isinstance(target, ast.Attribute)]
        case (
            ast.AugAssign(target=ast.Attribute() as target) | ast.AnnAssign(target=ast.Attribute() as target)
        ):
            changed = [target]
        case ast.Delete(targets=targets):
            changed = [target for target in targets if isinstance(target, ast.Attribute)]
        case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[target, *_]):
            return _root(target) in foreign
        case _:
            return False
    return any(_root(target) in foreign for target in changed)


def _root(node: ast.AST) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_nothing_imported_from_outside_is_changed(file):
    undone = PUT_BACK.get(file.relative_to(ROOT).as_posix(), [])
    assert patches(file.read_text(encoding="utf-8")) == undone


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nnp.dot = print",
        "import a.b.c\na.b.c.run = None",
        "from onnxruntime import InferenceSession\nInferenceSession.run = print",
        "import sherpa_onnx\nlib: Any = sherpa_onnx\nlib.OnlineRecognizer.x = 1",
        "import sherpa_onnx\ndef f():\n    setattr(sherpa_onnx, 'x', 1)",
        "import soundfile\ndel soundfile.read",
    ],
)
def test_a_patch_is_found(source):
    assert len(patches(source)) == 1


def test_our_own_objects_and_instances_are_ours_to_change():
    assert patches("import onnx\nfrom edged import x\nx.y = 1\no = onnx.Model()\no.name = 'a'") == []
