import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.backends.opencl.designs import CHOICES, Choice
from edged.backends.opencl.tune import (
    BUDGET_S,
    ROUNDS,
    WARM,
    Clocks,
    Timing,
    best,
    compile_within,
    from_text,
    measure,
    to_text,
)


class Machine:
    """Two clocks that steps move by hand."""

    def __init__(self):
        self.wall = self.cpu = 0.0
        self.clocks = Clocks(lambda: self.wall, lambda: self.cpu)

    def step(self, wall: float, cpu: float):
        def run():
            self.wall += wall
            self.cpu += cpu

        return run


def test_every_design_row_count_and_mel_placement_is_a_candidate_once():
    product = itertools.product(("layered", "pair", "single"), (1, 2, 4), ("device", "cpu"))
    assert sorted(map(str, CHOICES)) == sorted(str(Choice(*each)) for each in product)


def test_a_busy_processor_costs_as_much_as_a_late_answer():
    timings = {CHOICES[0]: Timing(0.002, 0.002), CHOICES[1]: Timing(0.0035, 0.0001)}
    assert best(timings) == CHOICES[1]


@given(st.permutations(range(6)))
def test_the_choice_of_least_cost_wins_wherever_it_stands(costs):
    timings = {choice: Timing(cost, 0.0) for choice, cost in zip(CHOICES, costs, strict=False)}
    assert timings[best(timings)].wall_s == 0


def test_the_middle_of_the_timed_steps_counts():
    machine = Machine()
    hiccup = iter([9.0] * WARM + [0.001, 5.0] + [0.002] * (ROUNDS - 2))

    def step():
        machine.step(next(hiccup), 0.0005)()

    timings = measure({CHOICES[0]: step, CHOICES[1]: machine.step(0.004, 0.003)}, machine.clocks)
    assert timings[CHOICES[0]].wall_s == pytest.approx(0.002)
    assert timings[CHOICES[0]].cpu_s == pytest.approx(0.0005)
    assert timings[CHOICES[1]].wall_s == pytest.approx(0.004)


def test_choices_are_timed_in_turn():
    order = []
    steps = {choice: lambda each=choice: order.append(each) for choice in CHOICES[:3]}
    measure(steps, Machine().clocks)
    assert order == list(CHOICES[:3]) * (WARM + ROUNDS)


@pytest.mark.parametrize(("each_s", "compiled"), [(0.5, 18), (10.0, 5), (BUDGET_S + 1, 1)])
def test_a_slow_compiler_tries_fewer_choices_but_always_one(each_s, compiled):
    machine = Machine()
    done = []

    def compile_(choice):
        done.append(choice)
        machine.step(each_s, each_s)()

    compile_within(CHOICES, compile_, machine.clocks)
    assert done == list(CHOICES[:compiled])


@given(st.sampled_from(CHOICES))
def test_a_choice_survives_being_kept(choice):
    assert from_text(to_text(choice)) == choice


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"design": "pair"}', b'{"design":"pair","rows":3,"mel":"cpu"}']
)
def test_a_choice_of_another_version_is_none(text):
    assert from_text(text) is None
