"""The fake machines are what they say they are, in every variant."""

import pytest

from tests.machines import BOARDS, KERNELS, MACHINES, machine


@pytest.mark.parametrize(("board", "kernel"), MACHINES)
def test_a_machine_names_its_board_and_kernel(tmp_path, board, kernel):
    root = machine(tmp_path, board, kernel)
    compatible = (root / "proc/device-tree/compatible").read_bytes()
    assert compatible.endswith(b"\0")
    assert board.encode() in compatible
    assert (root / "dev/mali0").exists() == (kernel in ("v510", "v61"))
    assert (root / "dev/accel/accel0").exists() == (kernel == "ml618")


def test_no_two_machines_are_the_same(tmp_path):
    def content(root):
        return {file.relative_to(root): file.read_bytes() for file in root.rglob("*") if file.is_file()}

    seen = [content(machine(tmp_path / f"{b}-{k}", b, k)) for b in BOARDS for k in KERNELS]
    assert all(a != b for i, a in enumerate(seen) for b in seen[:i])


def test_a_shuffled_zone_keeps_its_own_temperature(tmp_path):
    root = machine(tmp_path, "rock-5b", "v61", "zones_shuffled")
    zones = root.glob("sys/class/thermal/thermal_zone*")
    found = {(zone / "type").read_text(): (zone.name, (zone / "temp").read_text()) for zone in zones}
    assert len(found) == 7
    assert found["soc-thermal\n"] == ("thermal_zone1", "40692\n")


def test_the_hdmi_input_is_first_where_it_is_to_be(tmp_path):
    root = machine(tmp_path, "rock-5b", "v61", "hdmi_in_first")
    assert (root / "proc/asound/card0/id").read_text() == "rockchiphdmiin\n"
