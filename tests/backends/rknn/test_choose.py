"""As few calls per hop as can be, in the plain form, and only what this backend can run."""

from dataclasses import replace
from pathlib import Path

import pytest

from edged.backends.rknn.choose import choose, usable
from edged.catalog.artifact import Artifact, Slot
from edged.catalog.model_file import ModelFile

FILE = ModelFile(Path("/x.rknn"), "0" * 64, 1)


def artifact(heads: str, **other) -> Artifact:
    slots = tuple(Slot(name, name, at, 1) for at, name in enumerate(heads))
    plain = Artifact(FILE, FILE, "rknn", "rk3588", "heads", 16, slots, None, "fp16", "2.5.0", "0" * 64, 0.0)
    return replace(plain, **other)


def test_the_graph_of_most_heads_goes_first():
    assert choose([artifact("a"), artifact("abc"), artifact("ab")], "abc").columns == ("a", "b", "c")


def test_a_graph_counts_by_the_heads_that_are_still_wanted():
    assert choose([artifact("abc"), artifact("cd")], "cd").columns == ("c", "d")


def test_of_equals_the_plain_one_goes_first_then_fp16_then_the_smaller():
    safe, int8 = artifact("a", layernorm="safe"), artifact("a", precision="int8")
    wide, plain = artifact("ab"), artifact("a")
    assert choose([safe, int8, wide, plain], "a") is plain
    assert choose([safe, int8, wide], "a") is wide
    assert choose([safe, int8], "a") is int8


def test_nothing_is_chosen_where_nothing_fits():
    assert choose([artifact("a")], "b") is None
    assert choose([], "b") is None


@pytest.mark.parametrize("other", [{"target": "rk3576"}, {"stage": "embedding+heads"}])
def test_graphs_for_other_chips_and_stages_are_not_for_this_backend(other):
    assert usable(artifact("a"))
    assert not usable(artifact("a", **other))
