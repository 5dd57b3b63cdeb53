"""Wishes come from any thread and are fulfilled in order by the path: the last one counts, none is lost."""

from hypothesis import given
from hypothesis import strategies as st

from edged.runtime.wishes import Wishes


class Ear:
    """Does what it is told, and notes it."""

    def __init__(self) -> None:
        self.muted = False
        self.in_command = False
        self.did: list[tuple[str, str]] = []

    def mute(self, by):
        assert not self.muted
        self.muted, self.in_command = True, False
        self.did.append(("mute", by))

    def unmute(self, by):
        assert self.muted
        self.muted = False
        self.did.append(("unmute", by))

    def cut(self, reason):
        self.in_command = False
        self.did.append(("cut", reason))

    def trigger(self, by):
        if not self.muted:
            self.in_command = True
            self.did.append(("trigger", by))


def house(deaf: str | None = None) -> tuple[Ear, Wishes]:
    ear = Ear()
    return ear, Wishes(ear, lambda: deaf)


def test_nothing_happens_before_the_path_comes_by_and_then_once():
    ear, wishes = house()
    assert wishes.trigger("socket") is None
    assert ear.did == []
    wishes.fulfil()
    wishes.fulfil()
    assert ear.did == [("trigger", "socket")]


def test_what_a_person_muted_no_service_unmutes():
    ear, wishes = house()
    wishes.mute("dashboard")
    wishes.mute("hermes")  # it does not become the service's own
    wishes.fulfil()
    assert wishes.unmute("hermes") == "it was muted by dashboard"
    wishes.fulfil()
    assert ear.muted
    assert wishes.unmute("socket") is None
    wishes.fulfil()
    assert ear.did == [("mute", "dashboard"), ("unmute", "socket")]


def test_what_cannot_be_done_is_refused_with_its_reason():
    ear, wishes = house()
    assert wishes.stop_command() == "no command is being listened to"
    ear.in_command = True
    assert wishes.trigger("socket") == "a command is being listened to already"
    assert wishes.stop_command() is None
    wishes.fulfil()
    assert ear.did == [("cut", "told")]
    wishes.mute("socket")
    assert wishes.trigger("socket") == "it is muted; unmute it first"
    _, deaf = house("hw:1 was unplugged")
    assert deaf.trigger("socket") == "no sound comes: hw:1 was unplugged"


ASKERS = st.sampled_from(["socket", "dashboard", "hermes"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["mute", "unmute", "trigger"]), ASKERS),
        st.tuples(st.sampled_from(["stop_command", "fulfil", "endpoint"])),
    ),
    max_size=60,
)


@given(STEPS)
def test_after_any_wishes_the_ear_is_as_the_last_one_that_was_taken_wants_it(steps):
    ear, wishes = house()
    muted_by = None
    for name, *by in steps:
        if name == "endpoint":
            ear.in_command = False
            continue
        refused = getattr(wishes, name)(*by)
        if refused is None and name == "mute" and (by != ["hermes"] or muted_by is None):
            muted_by = by[0]
        elif name == "unmute" and refused is None:
            muted_by = None
        assert not (refused and name == "mute")
    wishes.fulfil()
    assert ear.muted == (muted_by is not None)
