"""What one start leaves for the next: the tuner's choice, and kernels that need no compiler."""

import pytest

from edged.backends.opencl.designs import CHOICES, Choice
from edged.backends.opencl.driver import driver
from edged.backends.opencl.features import OpenClFeatures
from edged.backends.opencl.program import build
from edged.backends.opencl.store import Store
from tests import pocl
from tests.backends.opencl.driver_calls import counted
from tests.backends.opencl.sounds import models, references

CHOICE = Choice("single", 4, "cpu")


def start(cache, choice: Choice | None = CHOICE):
    """Start with a cache and return the backend with the calls to its driver."""
    with counted(pocl.device()) as calls:
        return OpenClFeatures(*models(), pocl.device(), cache=cache, choice=choice), calls


def embedding(features) -> bytes:
    stream = features.stream()
    answers = [stream.step(piece, hop == 0)[1] for hop, piece in enumerate(references()[0].pieces[:12])]
    return answers[-1].tobytes()


def test_a_second_start_asks_no_compiler(tmp_path):
    first, calls = start(tmp_path)
    assert (first.stats().program, calls["CreateProgramWithSource"]) == ("source", 1)
    second, calls = start(tmp_path)
    assert second.stats().program == "binary"
    assert (calls["CreateProgramWithSource"], calls["CreateProgramWithBinary"]) == (0, 1)
    assert embedding(second) == embedding(first)


def program_file(cache):
    (file,) = cache.glob("*.program")
    return file


def cut_short(file):
    file.write_bytes(file.read_bytes()[:1000])


def of_another_device(file):
    file.write_bytes(bytes(32) + file.read_bytes()[32:])


def empty(file):
    file.write_bytes(b"")


def a_folder(file):
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("damage", [cut_short, of_another_device, empty, a_folder])
def test_a_binary_that_is_not_to_be_trusted_costs_a_rebuild_and_no_more(damage, tmp_path, caplog):
    expected = embedding(start(tmp_path)[0])
    damage(program_file(tmp_path))
    again, calls = start(tmp_path)
    assert (again.stats().program, calls["CreateProgramWithBinary"]) == ("source", 0)
    assert embedding(again) == expected
    assert len(caplog.records) == 1
    if damage is not a_folder:
        assert start(tmp_path)[0].stats().program == "binary"


def test_a_binary_that_the_driver_refuses_costs_a_rebuild_and_no_more(tmp_path, caplog):
    store, device = Store(tmp_path), pocl.device()
    context = driver().Context([device])

    def built():
        return build(context, device, "__kernel void nothing() {}", ("a device",), store)

    built().keep(store)
    assert built().origin == "binary"
    store.keep("program", built().key, b"no program at all")
    assert built().origin == "source"
    assert caplog.text.count("refused by the driver") == 1


def test_other_kernels_are_other_binaries(tmp_path):
    start(tmp_path)
    assert start(tmp_path, Choice("single", 2, "cpu"))[0].stats().program == "source"


def test_the_tuner_runs_once_per_device(tmp_path, caplog):
    first, calls = start(tmp_path, None)
    assert first.stats().tuned
    assert calls["BuildProgram"] == len(CHOICES)
    assert embedding(first)
    second, calls = start(tmp_path, None)
    assert (second.stats().tuned, second.stats().choice) == (False, first.stats().choice)
    assert calls["CreateProgramWithSource"] == 0
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".choice", ".program"]
    assert caplog.records == []
