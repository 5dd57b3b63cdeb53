"""On a chip with two kinds of cores the path and the recognizer get fast ones; elsewhere nothing moves."""

import logging
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.config.schema import Config, Service
from edged.runtime import placement as placing
from edged.runtime.placement import Placement, in_words, pin, place, placement
from edged.telemetry.clusters import Cluster
from tests.machines import MACHINES, machine, put
from tests.nasty import NASTY

LITTLE = Cluster((0, 1, 2, 3), "A55", 397, 0)
BIG = [Cluster((4, 5), "A76", 1024, 4), Cluster((6, 7), "A76", 1024, 6)]
ALL = set(range(8))


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    return tmp_path


PAIRS = Placement(
    path=frozenset({4, 5}),
    capture=frozenset({4, 5}),
    recognizer=frozenset({6, 7}),
    others=frozenset({0, 1, 2, 3}),
)


@pytest.mark.parametrize(("board", "kernel"), MACHINES)
def test_every_rk3588_is_placed_alike(root, board, kernel):
    machine(root, board, kernel)
    assert placement(Config(), ALL) == PAIRS


@pytest.mark.parametrize("nasty", NASTY)
def test_a_board_is_placed_by_what_its_kernel_still_tells(root, nasty):
    machine(root, "orangepi-5", "v61", nasty)
    chosen = placement(Config(), ALL)
    if nasty == "no_cpufreq":  # nothing tells the two fast pairs apart
        assert chosen is not None
        assert chosen.path == chosen.recognizer == frozenset({4, 5, 6, 7})
    else:
        assert chosen == PAIRS


def test_a_machine_that_tells_nothing_is_left_to_the_scheduler(root):
    machine(root, "rock-5b", "v61", "no_cpu_capacity", "no_cpuinfo")
    assert placement(Config(), ALL) is None


def test_a_core_of_unknown_speed_is_no_reason_to_guess():
    assert place([LITTLE, *BIG, Cluster((8,), None, None, None)], {*ALL, 8}) is None
    assert place([LITTLE, *BIG, Cluster((8,), None, None, None)], ALL) == PAIRS


def test_the_path_and_the_recognizer_have_a_fast_pair_each():
    assert place([LITTLE, *BIG], ALL) == PAIRS


def test_a_recognizer_of_many_threads_has_all_fast_cores():
    chosen = place([LITTLE, *BIG], ALL, threads=3)
    assert chosen is not None
    assert chosen.recognizer == frozenset({4, 5, 6, 7})
    assert place([LITTLE, *BIG], ALL, threads=2) == PAIRS


def test_one_fast_cluster_is_shared():
    chosen = place([LITTLE, Cluster((4, 5, 6, 7), "A76", 1024, 4)], ALL)
    assert chosen is not None
    assert chosen.path == chosen.recognizer == frozenset({4, 5, 6, 7})


def test_a_clock_for_each_cpu_still_gives_the_path_two():
    alone = [Cluster((cpu,), None, 1024, cpu) for cpu in range(4)]
    chosen = place([*alone, Cluster((4, 5), None, 600, 4)], ALL)
    assert chosen is not None
    assert chosen == Placement(
        path=frozenset({1, 2}),
        capture=frozenset({1, 2}),
        recognizer=frozenset({0, 3}),
        others=frozenset({4, 5}),
    )


def test_cpus_that_are_all_alike_are_left_to_the_scheduler():
    assert place(BIG, ALL) is None
    assert place([], ALL) is None
    assert place([LITTLE, *BIG], {4, 5, 6}) is None


def test_cpus_that_were_not_given_to_edged_are_not_used():
    assert place([LITTLE, *BIG], {1, 4, 6}) == Placement(
        path=frozenset({4, 6}),
        capture=frozenset({4, 6}),
        recognizer=frozenset({4, 6}),
        others=frozenset({1}),
    )


CLUSTERS = st.lists(
    st.tuples(st.sets(st.integers(0, 15)), st.one_of(st.none(), st.integers(1, 3))), max_size=5
).map(lambda found: [Cluster(tuple(sorted(cpus)), None, speed, None) for cpus, speed in found])


@given(CLUSTERS, st.frozensets(st.integers(0, 15)), st.integers(1, 8))
def test_whatever_the_machine_every_part_has_a_cpu_it_may_use(found, allowed, threads):
    chosen = place(found, allowed, threads)
    if chosen is not None:
        for cpus in (chosen.path, chosen.capture, chosen.recognizer, chosen.others):
            assert cpus
            assert cpus <= allowed
        assert 0 not in chosen.capture or chosen.capture == {0}


def test_a_placement_is_told_in_one_line():
    assert PAIRS.in_words == "path on CPUs 4-5, capture on 4-5, recognizer on 6-7, the rest on 0-3"


def test_a_thread_stays_where_it_was_put_and_leaves_the_others_alone():
    before = os.sched_getaffinity(0)
    one = {min(before)}
    seen = []

    def work():
        seen.append((pin(0, one), os.sched_getaffinity(0)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(True, one)]
    assert os.sched_getaffinity(0) == before


def test_cpus_that_do_not_exist_are_told_once_and_change_nothing(caplog):
    placing._told.cache_clear()
    before = os.sched_getaffinity(0)
    with caplog.at_level(logging.WARNING):
        assert [pin(0, {1021}), pin(0, {1021})] == [False, False]
    assert os.sched_getaffinity(0) == before
    (record,) = caplog.records
    assert record.getMessage().startswith("placement: CPUs 1021 cannot be chosen (")


def test_a_thread_that_ended_meanwhile_is_no_news(caplog):
    assert pin(2**22 + 1, os.sched_getaffinity(0)) is False
    assert caplog.records == []


@given(st.frozensets(st.integers(0, 40), min_size=1))
def test_cpus_in_words_are_the_same_cpus(cpus):
    runs = [run.split("-") for run in in_words(cpus).split(",")]
    assert [cpu for run in runs for cpu in range(int(run[0]), int(run[-1]) + 1)] == sorted(cpus)


def test_placement_is_for_machines_with_two_kinds_of_cores_and_can_be_switched_off(root):
    machine(root, "rock-5b", "v61")
    assert placement(Config(), ALL) == PAIRS
    assert placement(Config(), {2}) is None
    assert placement(Config(service=Service(placement="off")), ALL) is None


def test_by_default_only_cpus_that_this_process_was_given_are_chosen(root):
    mine = max(os.sched_getaffinity(0))
    put(root, "/sys/devices/system/cpu/online", f"{mine}-{mine + 1}\n")
    for cpu in (mine, mine + 1):
        put(root, f"/sys/devices/system/cpu/cpu{cpu}/cpu_capacity", "397\n" if cpu == mine else "1024\n")
    assert placement(Config()) is None
    assert placement(Config(), {mine, mine + 1}) is not None
