"""The requirements matrix is whole, and no closed issue leaves a row without an owner."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MATRIX = tomllib.loads((ROOT / "tests" / "matrix.toml").read_text(encoding="utf-8"))
ROWS = MATRIX["row"]
ISSUES = {"ear", "models", "never-deaf", "gpu", "npu", "recognition", "front-ends", "see"}
COUNTS = {"S0": 44, "S1": 43, "S2": 42, "S3": 17, "S4": 37}


def exists(test: str) -> bool:
    path, _, name = test.partition("::")
    file = ROOT / path
    if not file.is_file():
        return False
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return name.partition("[")[0] in {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


def test_every_requirement_is_there_once():
    ids = [row["id"] for row in ROWS]
    assert sorted(ids) == sorted(f"{seed}-{n}" for seed, count in COUNTS.items() for n in range(1, count + 1))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_row_has_an_owner_and_its_tests_exist(row):
    assert row["issue"] in ISSUES
    assert row["priority"] in {"M", "S", "L", "X"}
    assert [test for test in row["tests"] if not exists(test)] == []
    if row["issue"] in MATRIX["closed"]:
        assert row["tests"] or row.get("why_not"), f"{row['id']} is closed without a test or a reason"
