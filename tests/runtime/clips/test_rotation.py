"""What goes first: the oldest, those that were marked last, and never more than must."""

from hypothesis import given
from hypothesis import strategies as st

from edged.runtime.clips.rotation import CLOCK_SET_S, Entry, too_many, too_old

NOW = CLOCK_SET_S + 1e8

entries = st.lists(
    st.tuples(st.integers(0, 9999), st.integers(0, 5000), st.booleans()),
    max_size=30,
    unique_by=lambda t: t[0],
).map(lambda rows: [Entry(f"{age:05d}", NOW - age, size, marked) for age, size, marked in rows])


@given(entries, st.integers(0, 60_000))
def test_what_stays_fits_and_nothing_goes_that_could_stay(found, quota):
    going = too_many(found, quota)
    rest = [each.size for each in found if each.id not in going]
    assert sum(rest) <= quota
    if going:
        last = next(each for each in found if each.id == going[-1])
        assert sum(rest) + last.size > quota


@given(entries, st.integers(0, 60_000))
def test_the_oldest_goes_first_and_a_marked_one_only_when_no_other_is_left(found, quota):
    going = set(too_many(found, quota))
    for one in found:
        for other in found:
            if one.id in going and other.id not in going:
                assert (one.marked, one.id) < (other.marked, other.id)


@given(entries, st.integers(1, 9999))
def test_what_is_too_old_goes_marked_or_not(found, age):
    assert set(too_old(found, NOW, age)) == {each.id for each in found if NOW - each.kept_s > age}


def test_without_a_limit_nothing_is_too_old():
    assert too_old([Entry("a", CLOCK_SET_S, 1, False)], NOW, 0) == []


def test_a_clip_from_before_the_clock_was_set_is_of_no_age():
    found = [Entry("19700101", 12.0, 1, False), Entry("2020", CLOCK_SET_S, 1, False)]
    assert too_old(found, NOW, 60) == ["2020"]
