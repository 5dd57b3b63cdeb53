"""Which device serves: the GPU of the board, or the one that is named, and never a guess between two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.backends.opencl.devices import ARM, Device, choose, device, devices
from edged.errors import ProviderUnavailable
from tests import pocl

INTEL = 0x8086
MALI = ("Mali-LODX r0p0", "ARM", ARM, True, "ARM Platform")
IRIS = ("Intel(R) Iris(R) Xe", "Intel", INTEL, True, "Intel(R) OpenCL Graphics")
POCL = ("cpu-haswell", "GenuineIntel", INTEL, False, "Portable Computing Language")
RUSTICL = ("Mali-G610 (Panfrost)", "Mesa", 0x13B5, True, "rusticl")


def offered(*kinds) -> tuple[Device, ...]:
    return tuple(
        Device(index, *kind, version="OpenCL 3.0", driver="1", extensions=(), handle=None)
        for index, kind in enumerate(kinds)
    )


def refusal(there: tuple[Device, ...], asked: str) -> str:
    with pytest.raises(ProviderUnavailable) as caught:
        choose(there, asked)
    assert caught.value.provider == "opencl"
    return caught.value.reason


@pytest.mark.parametrize("kinds", [(MALI,), (POCL, MALI), (IRIS, RUSTICL, MALI, POCL)])
def test_the_gpu_of_arm_comes_first_whatever_else_is_there_and_whatever_it_is_called(kinds):
    assert choose(offered(*kinds), "").vendor_id == ARM


def test_another_gpu_serves_where_there_is_none_of_arm():
    assert choose(offered(POCL, IRIS), "").index == 1


def test_what_is_no_gpu_is_taken_only_when_it_is_named():
    there = offered(POCL)
    assert refusal(there, "") == (
        "no GPU among the devices here: 0: cpu-haswell (no GPU, Portable Computing Language)"
    )
    assert choose(there, "portable").index == 0
    assert choose(there, "0").index == 0


def test_two_gpus_of_which_none_was_named_are_an_error_that_lists_them():
    assert refusal(offered(IRIS, RUSTICL), "") == (
        "there is more than one device, say which by features.device:"
        " 0: Intel(R) Iris(R) Xe (GPU, Intel(R) OpenCL Graphics); 1: Mali-G610 (Panfrost) (GPU, rusticl)"
    )


def test_a_part_of_a_name_that_fits_two_is_an_error_that_lists_them():
    there = offered(MALI, RUSTICL, POCL)
    said = refusal(there, "mali")
    assert said.startswith("features.device = 'mali' fits more than one device")
    assert "0: Mali-LODX" in said
    assert "1: Mali-G610" in said
    assert "haswell" not in said
    assert choose(there, "G610").index == 1


def test_one_device_behind_two_icd_files_is_one():
    assert choose(offered(MALI, MALI), "").index == 0
    assert choose(offered(MALI, MALI), "mali").index == 0


def test_a_name_that_nothing_has_is_an_error_that_lists_what_there_is():
    assert refusal(offered(MALI), "adreno") == (
        "features.device = 'adreno' fits none of the devices here: 0: Mali-LODX r0p0 (GPU, ARM Platform)"
    )
    assert refusal((), "") == "no GPU among the devices here: nothing"


def test_digits_that_are_no_index_are_part_of_a_name():
    assert choose(offered(MALI, RUSTICL), "610").index == 1
    assert "fits none" in refusal(offered(MALI), "7")


@given(st.lists(st.sampled_from([MALI, IRIS, POCL, RUSTICL]), max_size=5), st.text(max_size=4))
def test_whatever_is_there_and_asked_for_one_device_that_fits_is_chosen_or_a_sentence_said(kinds, asked):
    there = offered(*kinds)
    try:
        found = choose(there, asked)
    except ProviderUnavailable as exc:
        assert "\n" not in exc.reason.replace(asked, "")
        return
    assert found in there
    if not asked:
        assert found.gpu
        assert found.vendor_id == ARM or MALI not in kinds
    elif not asked.isdecimal():
        assert found.called(asked)


def test_a_real_driver_is_listed_with_what_tells_it_from_others():
    pocl.only()
    handle = pocl.device()
    (found,) = [each for each in devices() if each.platform == "Portable Computing Language"]
    assert not found.gpu
    assert found.version.startswith("OpenCL 3.0 PoCL")
    assert "cl_khr_fp64" in found.extensions
    assert device("PoCL") == handle
