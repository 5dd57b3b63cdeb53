"""Each fault of an NPU, over five minutes of recordings: the words that the CPU alone hears, and no other."""

import os
import re
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from edged.backends.chain import Chain
from edged.backends.chained_heads import ChainedHeads
from edged.backends.cpu.heads import CpuHeads
from edged.backends.link import Link
from edged.backends.native_call import NativeCall
from edged.backends.owned import Owner
from edged.backends.proofs import PROOFS
from edged.backends.rknn import machine
from edged.backends.rknn.heads import open_heads
from edged.backends.rknn.watched import WatchedHeads
from edged.backends.scout import Prospect, Scout
from edged.backends.select import Measured
from edged.backends.trial import Trial, ask_child, judge
from edged.geometry import HOP_SECONDS
from edged.messages import Fallback, Recovered
from tests import machines
from tests.backends.rknn.artifacts import compiled, heads_on_npu
from tests.backends.rknn.night import WORDS, hear, histories
from tests.backends.virtual import Clock

AT, OVER = 1500, 1700
"""Hops between which something is wrong."""


@pytest.fixture(scope="session")
def night() -> np.ndarray:
    return histories()


@pytest.fixture(scope="session")
def two(tmp_path_factory) -> Path:
    return compiled(tmp_path_factory.mktemp("two") / "rknn-rk3588", WORDS)


@pytest.fixture(scope="session")
def alone(night) -> list[tuple]:
    """What the CPU hears."""
    heard = hear(night, CpuHeads(heads_on_npu(Path("none"), WORDS)))
    assert len([1 for word, hop, *_ in heard if AT <= hop < OVER]) >= 2
    assert len(heard) > 20
    return heard


class Board:
    """The chain of a board with an NPU: the double's, a thread of its own and the CPU; time is counted."""

    def __init__(self, lite, sheet, monkeypatch, root):
        self.lite = lite
        self.clock = Clock()
        self.said = []
        self.may = os.access
        self.machine = partial(machines.machine, root)
        self.machine("rock-5b", "v61")
        monkeypatch.setenv("EDGED_SYSROOT", str(root))
        self.root = root
        self.models = heads_on_npu(sheet, WORDS)
        wrap = partial(WatchedHeads, clock=self.clock)
        call = partial(NativeCall, wait=self.clock.wait)
        self.owner = Owner("rknn heads", partial(open_heads, self.models), wrap, call)
        self.npu = Link("rknn", self.owner.open)
        self.cpu = Link("cpu", partial(CpuHeads, self.models))
        self.chain = Chain("heads", [self.npu, self.cpu], self.said.append, clock=self.clock)
        self.heads = ChainedHeads(self.chain, self.clock)
        prospect = Prospect(self.chain, self.npu, PROOFS["heads"], self.trial)
        self.scout = Scout([prospect], self.clock, lambda: 0.0, self.clock.sleep)

    def trial(self, sleep, remembered):
        """As Chains makes it, but that a child costs seconds only where it matters."""
        machine.driver(self.may)
        if "EDGED_DOUBLE_RKNN" in os.environ:
            judge("rknn", ask_child("edged.backends.rknn.heads:open_heads", self.models))
        return Trial("npu core 0", Measured(1.0, 0.1), Measured(1.0, 1.0))

    def hear(self, night, at=lambda hop: None):
        def step(hop):
            self.clock.spend(HOP_SECONDS)
            at(hop)
            if hop % 25 == 0:
                self.scout.work()

        return hear(night, self.heads, step)

    def changes(self):
        return [(body.NAME, body.from_, body.to) for body in self.said]

    @property
    def why(self) -> str:
        """The reason of the last fallback."""
        return next(body.reason for body in reversed(self.said) if isinstance(body, Fallback))

    def close(self):
        self.clock.end()
        self.chain.close()


@pytest.fixture
def board(lite, two, monkeypatch, tmp_path):
    board = Board(lite, two, monkeypatch, tmp_path / "machine")
    yield board
    board.close()


UP, DOWN = ("recovered", "cpu", "rknn"), ("fallback", "rknn", "cpu")


def test_a_sound_npu_hears_what_the_cpu_hears(board, night, alone):
    assert board.hear(night) == alone
    assert board.changes() == [UP]
    assert board.chain.serving.link is board.npu


def test_noise_of_fp16_changes_nothing(board, night, alone):
    board.lite.FAULTS.noise = 0.01
    assert board.hear(night) == alone
    assert board.changes() == [UP]


BROKEN = {
    "run code": ({"run": -1}, r"rknn_run: RKNN_ERR_FAIL"),
    "time-out of the driver": ({"run": -2}, r"rknn_run: RKNN_ERR_TIMEOUT"),
    "no outputs": ({"outputs": -1}, r"no answer: RKNN_ERR_FAIL"),
    "stale": ({"stale": True}, r"belongs to another input"),
    "frozen": ({"frozen": True}, r"belongs to another input"),
    "NaN": ({"nan": True}, r"NaN or infinity"),
    "false words": ({"constant": True, "offset": 0.8}, r"scores 0\.\d+, on the CPU 0\.\d+"),
    "half the score": ({"gain": 0.5}, r"scores 0\.\d+, on the CPU 0\.\d+"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_while_it_serves_changes_nothing_of_what_is_heard(board, night, alone, name):
    faults, reason = BROKEN[name]

    def at(hop):
        if hop == AT:
            for fault, value in faults.items():
                setattr(board.lite.FAULTS, fault, value)
        if hop == OVER:
            board.lite.FAULTS.reset()

    assert board.hear(night, at) == alone
    assert board.changes() == [UP, DOWN, UP]
    assert re.search(reason, board.why)


def test_a_head_that_turns_silent_is_found_within_the_minute(board, night):
    def at(hop):
        if hop == AT:
            board.lite.FAULTS.gain = 0.0

    board.hear(night[: 33 + AT + 1000], at)
    assert board.changes() == [UP, DOWN]
    assert "answers the same to every sound" in board.why


def test_a_call_that_hangs_is_answered_by_the_cpu_and_given_up_after_two_seconds(board, night, alone):
    went = []

    def at(hop):
        if hop == AT:
            board.lite.FAULTS.hang = board.clock.hang
        if hop > AT and not went and board.changes()[-1:] == [DOWN]:
            went.append(hop - AT)
            board.lite.FAULTS.reset()

    assert board.hear(night, at) == alone
    assert board.changes() == [UP, DOWN, UP]
    assert board.why == "hangs: no answer in 2 s"
    assert went[0] == pytest.approx(26, abs=1)


class Slow:
    """An NPU whose next `times` calls come back only when they are let go."""

    def __init__(self, board, times):
        self.board = board
        self.left = times
        self.gate = threading.Event()

    def __call__(self):
        if self.left:
            self.left -= 1
            self.board.clock.hanging.set()
            self.gate.wait(60)
            self.gate.clear()

    def let_go(self):
        """Return once the thread has answered."""
        self.gate.set()
        answered = self.board.owner.calls[-1].answered
        assert answered.acquire(timeout=60)
        answered.release()


def test_late_calls_now_and_then_are_nobodys_fault(board, night, alone):
    slow = Slow(board, 2)

    def at(hop):
        if hop == AT:
            board.lite.FAULTS.hang = slow
        if hop in (AT + 3, AT + 10):
            slow.let_go()

    assert board.hear(night, at) == alone
    assert slow.left == 0
    assert board.changes() == [UP]


def test_three_late_calls_in_a_minute_are_too_many(board, night, alone):
    slow = Slow(board, 3)

    def at(hop):
        if hop == AT:
            board.lite.FAULTS.hang = slow
        if hop in (AT + 3, AT + 10):
            slow.let_go()
        if hop == AT + 20:
            slow.gate.set()

    assert board.hear(night, at) == alone
    assert board.changes() == [UP, DOWN, UP]
    assert board.why == "late 3 times in 750 calls"


SHUT = {
    "load": ({"load": -1}, r"load_rknn: Invalid RKNN model path"),
    "init": ({"init": -1}, r"init_runtime: RKNN_ERR_FAIL"),
    "core mask": ({"core": -1}, r"the driver refuses this core of the NPU"),
    "old runtime": ({"init": -6}, r"librknnrt\.so is older than the toolkit"),
    "old driver": ({"run": -1}, r"rknn_run: RKNN_ERR_FAIL \(.*older than 0\.8\.8"),
    "constant": ({"constant": True}, r"answers the same to every sound"),
    "wrong": ({"gain": 0.5}, r"for a stored window, the CPU"),
    "NaN": ({"nan": True}, r"answers NaN or infinity"),
}


@pytest.mark.parametrize("name", SHUT)
def test_what_cannot_be_opened_or_proven_never_serves(board, night, alone, name):
    faults, reason = SHUT[name]
    for fault, value in faults.items():
        setattr(board.lite.FAULTS, fault, value)
    assert board.hear(night) == alone
    assert board.changes() == []
    assert re.search(reason, board.npu.reason)
    assert board.npu.due is not None


def test_a_library_that_aborts_takes_a_child_with_it_and_is_left_alone(board, night, alone, monkeypatch):
    monkeypatch.setenv("EDGED_DOUBLE_RKNN", "abort=init")
    assert board.hear(night) == alone
    assert board.changes() == []
    assert board.npu.reason == "the process that tries it is ended by SIGABRT"
    assert board.npu.due is None


def rocket(board):
    for path in ("dev/dri/renderD129", "usr/lib/librknnrt.so"):
        (board.root / path).unlink()
    machines.put(board.root, "/dev/accel/accel0")


def locked(board):
    board.may = lambda path, how: False


def no_driver(board):
    (board.root / "dev/dri/renderD129").unlink()


def no_library(board):
    (board.root / "usr/lib/librknnrt.so").unlink()


def another_board(board):
    (board.root / "sys/firmware/devicetree/base/compatible").chmod(0o644)
    (board.root / "sys/firmware/devicetree/base/compatible").write_bytes(b"raspberrypi,5\0")


MISSING = {
    rocket: r"mainline's rocket drives the NPU",
    locked: r"renderD129: permission denied: add this user to the group render",
    no_driver: r"no such node",
    no_library: r"librknnrt\.so is missing: put",
    another_board: r"this is no RK3588",
}


@pytest.mark.parametrize("missing", MISSING, ids=lambda missing: missing.__name__)
def test_what_a_machine_lacks_is_told_once_and_not_tried_again(board, night, alone, missing, caplog):
    missing(board)
    with caplog.at_level("INFO"):
        assert board.hear(night) == alone
    assert board.changes() == []
    assert board.npu.due is None
    told = [record.getMessage() for record in caplog.records if "rknn cannot serve" in record.getMessage()]
    assert len(told) == 1
    assert re.search(MISSING[missing], told[0])


def test_every_change_is_told_with_where_it_goes(board, night):
    def at(hop):
        board.lite.FAULTS.run = -1 if hop == 100 else 0

    board.hear(night[:700], at)
    assert [type(body) for body in board.said] == [Recovered, Fallback, Recovered]
