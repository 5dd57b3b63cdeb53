"""On a chip with two kinds of cores the path and the recognizer get fast ones; elsewhere nothing moves."""

import logging
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.config.schema import Config, Service
from edged.runtime import placement as placing
from edged.runtime.clusters import Cluster, clusters, cpu_list
from edged.runtime.placement import Placement, in_words, pin, place, placement
from tests.machines import MACHINES, machine, put

LITTLE = Cluster(frozenset({0, 1, 2, 3}), 397)
BIG = [Cluster(frozenset({4, 5}), 1024), Cluster(frozenset({6, 7}), 1024)]
ALL = set(range(8))


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(("board", "kernel"), MACHINES)
def test_an_rk3588_has_three_clusters_on_every_kernel(root, board, kernel):
    machine(root, board, kernel)
    assert clusters() == [LITTLE, *BIG]


@pytest.mark.parametrize(
    ("nasty", "expected"),
    [
        ("no_cpu_capacity", [Cluster(LITTLE.cpus, 530), *BIG]),
        ("no_cpuinfo", [LITTLE, *BIG]),
        ("policies_0_and_4", [LITTLE, *BIG]),
        ("no_cpufreq", [LITTLE, Cluster(frozenset({4, 5, 6, 7}), 1024)]),
        ("governor_unreadable", [LITTLE, *BIG]),
    ],
)
def test_the_clusters_are_found_by_what_is_left(root, nasty, expected):
    machine(root, "rock-5b", "v61", nasty)
    assert clusters() == expected


def test_a_machine_that_tells_nothing_has_no_clusters(root):
    machine(root, "rock-5b", "v61", "no_cpu_capacity", "no_cpuinfo")
    assert clusters() == []
    assert placement(Config()) is None


def test_an_unknown_core_is_no_reason_to_guess(root):
    machine(root, "rock-5b", "v61", "no_cpu_capacity")
    file = root / "proc/cpuinfo"
    text = file.read_text().replace("0xd0b", "0xd4d")
    file.chmod(0o600)
    file.write_text(text)
    assert clusters() == []


def test_the_path_and_the_recognizer_have_a_fast_pair_each():
    assert place([LITTLE, *BIG], ALL) == Placement(
        path=frozenset({4, 5}),
        capture=frozenset({4, 5}),
        recognizer=frozenset({6, 7}),
        others=frozenset({0, 1, 2, 3}),
    )


def test_a_recognizer_of_many_threads_has_all_fast_cores():
    chosen = place([LITTLE, *BIG], ALL, threads=3)
    assert chosen is not None
    assert chosen.recognizer == frozenset({4, 5, 6, 7})
    assert place([LITTLE, *BIG], ALL, threads=2) == place([LITTLE, *BIG], ALL)


def test_one_fast_cluster_is_shared():
    chosen = place([LITTLE, Cluster(frozenset({4, 5, 6, 7}), 1024)], ALL)
    assert chosen is not None
    assert chosen.path == chosen.recognizer == frozenset({4, 5, 6, 7})


def test_a_clock_for_each_cpu_still_gives_the_path_two():
    alone = [Cluster(frozenset({cpu}), 1024) for cpu in range(4)]
    chosen = place([*alone, Cluster(frozenset({4, 5}), 600)], ALL)
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
    st.tuples(st.frozensets(st.integers(0, 15), min_size=1), st.integers(1, 1024)), max_size=5
).map(lambda found: [Cluster(cpus, speed) for cpus, speed in found])


@given(CLUSTERS, st.frozensets(st.integers(0, 15)), st.integers(1, 8))
def test_whatever_the_machine_every_part_has_a_cpu_it_may_use(found, allowed, threads):
    chosen = place(found, allowed, threads)
    if chosen is not None:
        for cpus in (chosen.path, chosen.capture, chosen.recognizer, chosen.others):
            assert cpus
            assert cpus <= allowed
        assert 0 not in chosen.capture or chosen.capture == {0}


def test_a_worker_is_told_its_cpus_by_its_name():
    chosen = place([LITTLE, *BIG], ALL)
    assert chosen is not None
    assert [chosen.of(name) for name in ("path", "capture", "sink-jsonl", "telemetry")] == [
        frozenset({4, 5}),
        frozenset({4, 5}),
        LITTLE.cpus,
        LITTLE.cpus,
    ]
    assert chosen.in_words == "path on CPUs 4-5, capture on 4-5, recognizer on 6-7, the rest on 0-3"


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
def test_cpus_in_words_are_read_as_the_same_cpus(cpus):
    assert cpu_list(in_words(cpus)) == cpus


@given(st.text(max_size=20))
def test_any_text_is_a_list_of_cpus_or_none(text):
    assert all(isinstance(cpu, int) for cpu in cpu_list(text))


def test_placement_is_for_machines_with_two_kinds_of_cores_and_can_be_switched_off(root):
    machine(root, "rock-5b", "v61")
    assert placement(Config(), ALL) == place([LITTLE, *BIG], ALL)
    assert placement(Config(), {2}) is None
    assert placement(Config(service=Service(placement="off")), ALL) is None


def test_by_default_only_cpus_that_this_process_was_given_are_chosen(root):
    mine = max(os.sched_getaffinity(0))
    for cpu in (mine, mine + 1):
        put(root, f"/sys/devices/system/cpu/cpu{cpu}/cpu_capacity", "397\n" if cpu == mine else "1024\n")
    assert placement(Config()) is None
    assert placement(Config(), {mine, mine + 1}) is not None
