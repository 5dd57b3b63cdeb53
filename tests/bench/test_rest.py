"""Rest is what the kernel counts between two moments."""

import pytest

from edged.bench.rest import Rest


def test_the_share_of_sleep_is_of_all_cores_and_wakeups_are_per_second():
    before = Rest(10.0, 100, (1_000_000, 5_000_000))
    after = Rest(12.0, 150, (2_000_000, 7_000_000))
    assert after.since(before) == {"wakeups_per_s": 25.0, "idle_share": 0.75}


def test_a_core_that_went_away_leaves_no_share():
    assert Rest(1.0, 0, (5,)).since(Rest(0.0, 0, (1, 2)))["idle_share"] is None


def test_states_are_read_where_the_kernel_has_them(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    assert Rest.now().asleep_us == ()
    for core, states in enumerate([(100, 20), (7, 0)]):
        for state, spent in enumerate(states):
            folder = tmp_path / f"sys/devices/system/cpu/cpu{core}/cpuidle/state{state}"
            folder.mkdir(parents=True)
            (folder / "time").write_text(f"{spent}\n")
    assert Rest.now().asleep_us == pytest.approx((120, 7))
    assert Rest.now().woken >= 0 < Rest.now().at
