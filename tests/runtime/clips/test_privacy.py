"""Whether sound may be kept, hop by hop, whatever begins and ends commands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import HOP
from edged.runtime.clips.privacy import COMMAND, EARLY, FOLLOW_UP, Privacy

DAY = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.sampled_from(["wake", "trigger", "follow_up"])),
        st.tuples(st.just("close"), st.integers(0, 5)),
        st.tuples(st.just("keep"), st.booleans()),
        st.tuples(st.sampled_from(["nothing", "gap"]), st.none()),
    ),
    max_size=40,
)


@given(DAY)
def test_of_a_command_and_of_what_may_follow_it_nothing_is_kept_unless_that_is_asked_for(day):
    privacy, kept, opened, followed = Privacy(), True, False, 0
    for hop, (what, how) in enumerate(day, 1):
        end = hop * HOP
        if what == "keep":
            before, kept = privacy.now, how
            assert privacy.obey(kept, end - HOP) == (privacy.now and not before)
        elif what == "gap":
            privacy.fresh()
            followed = 0
        privacy.hop(end)
        private = not kept and (opened or end < followed)
        assert privacy.now == private
        if what == "open" and not opened:
            privacy.opened(how)
            opened, private = True, not kept
        elif what == "close" and opened:
            opened, followed = False, end + how * HOP
            privacy.closed(followed)
        assert privacy.now == private  # a command's last hop is still its
        assert (privacy.why(end) == EARLY) == (not private)


@pytest.mark.parametrize(
    ("cause", "closed", "said"),
    [
        ("wake", False, COMMAND),
        ("trigger", False, COMMAND),
        ("follow_up", False, FOLLOW_UP),
        ("wake", True, FOLLOW_UP),
        ("follow_up", True, FOLLOW_UP),
    ],
)
def test_why_there_is_no_sound_names_what_it_would_be_of(cause, closed, said):
    privacy = Privacy()
    privacy.obey(commands_kept=False, at=0)
    privacy.opened(cause)
    if closed:
        privacy.closed(5 * HOP)
        privacy.hop(2 * HOP)
    assert privacy.why(2 * HOP) == said


def test_the_last_hop_of_a_command_that_cannot_be_followed_up_is_of_the_command():
    privacy = Privacy()
    privacy.obey(commands_kept=False, at=0)
    privacy.opened("wake")
    privacy.closed(followed_until=3 * HOP)
    assert privacy.why(3 * HOP) == COMMAND
    privacy.hop(4 * HOP)
    assert privacy.why(4 * HOP) == EARLY
