"""A microphone that returns is opened within 3 s, and one that is unplugged costs next to nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.runtime.retry import BLIND_S, Retry, cards, pause_s

HDMI, USB = "rockchiphdmiin", "USB"
BOTH, ONE, NONE = frozenset({HDMI, USB}), frozenset({HDMI}), frozenset[str]()


def tries(retry: Retry, there: frozenset[str], begin: float, until: float) -> list[float]:
    """Times at which a source that stays away is tried, looked at each half second."""
    tried, now = [], begin
    while now < until:
        if retry.due(now, there):
            tried.append(now)
            retry.failed(now, there)
        now += 0.5
    return tried


def test_pauses_grow_while_its_card_is_gone():
    retry = Retry()
    retry.flows(BOTH)
    retry.failed(0.0, ONE)
    assert tries(retry, ONE, 0.0, 100.0) == [1, 3, 7, 15, 31, 61, 91]


def test_a_card_that_comes_is_tried_at_once_however_long_it_was_gone():
    retry = Retry()
    retry.flows(BOTH)
    retry.failed(0.0, ONE)
    assert tries(retry, ONE, 0.0, 70.0)[-1] == 61
    assert not retry.due(70.0, ONE)
    assert retry.due(70.0, BOTH)
    retry.failed(70.0, BOTH)  # listed before it may be opened
    assert tries(retry, BOTH, 70.0, 74.0) == [71, 73]


@given(st.lists(st.floats(0.1, 1000), max_size=20))
def test_where_nothing_would_tell_of_its_return_it_is_tried_every_two_seconds(pauses):
    retry, now = Retry(), 0.0
    retry.flows(ONE)
    for pause in pauses:
        retry.failed(now, ONE)
        assert retry.due(now + BLIND_S, ONE)
        now += pause


def test_without_sound_since_the_start_it_is_tried_every_two_seconds():
    assert tries(Retry(), NONE, 0.0, 8.0) == [0, 1, 3, 5, 7]


def test_sound_makes_the_first_pause_short_again():
    retry = Retry()
    for _ in range(5):
        retry.failed(0.0, BOTH)
    retry.flows(BOTH)
    retry.failed(10.0, BOTH)
    assert not retry.due(10.9, BOTH)
    assert retry.due(11.0, BOTH)


@pytest.mark.parametrize("failures", [1, 2, 6, 1000])
def test_a_pause_has_a_bound(failures):
    assert 1.0 <= pause_s(failures, unplugged=False) <= 2.0 <= 30.0
    assert pause_s(failures, unplugged=True) == [1, 2, 4, 8, 16, 30][min(failures, 6) - 1]


def test_cards_are_known_without_their_number_which_moves(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    assert cards() == frozenset()
    file = tmp_path / "proc" / "asound" / "cards"
    file.parent.mkdir(parents=True)
    usb = "[USB            ]: USB-Audio - ReSpeaker\n                      Seeed ReSpeaker at usb-1\n"
    hdmi = "[rockchiphdmiin ]: simple-card - rockchip,hdmiin\n                      rockchip,hdmiin\n"
    file.write_text(f" 0 {hdmi} 1 {usb}")
    before = cards()
    file.write_text(f" 0 {usb} 1 {hdmi}")
    assert cards() == before
    assert len(before) == 2
    file.write_text("--- no soundcards ---\n")
    assert cards() == frozenset()
