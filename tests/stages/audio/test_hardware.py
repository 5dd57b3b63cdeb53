"""A card is opened as its hardware is, by what arecord says of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.audio.hardware import WIDTHS, Form, opened, suited
from edged.stages.audio.intake import AS_IT_IS, Intake
from tests.stages.audio.live_sources import DUMP, SETUP


def dump(form="S16_LE", channels="[1 2]", rate="[8000 96000]"):
    return DUMP.format(format=form, channels=channels, rate=rate)


@pytest.mark.parametrize(
    ("said", "form"),
    [
        (dump(), Form("S16_LE", 2, 48_000)),
        (dump(channels="6", rate="16000"), Form("S16_LE", 6, 16_000)),  # an array
        (dump(form="S24_3LE S32_LE", rate="44100"), Form("S32_LE", 2, 44_100)),
        (dump(form="S24_3LE", channels="1"), Form("S24_3LE", 1, 48_000)),
        (dump(rate="[96000 192000]"), Form("S16_LE", 2, 96_000)),
        (dump(rate="[48000 48001)"), Form("S16_LE", 2, 48_000)),
        (dump(rate="(8000 16000)"), Form("S16_LE", 2, 15_999)),
        (dump(channels="[1 10000]", rate="[4000 4294967295)"), Form("S16_LE", 2, 48_000)),
        (dump(channels="NONE", rate="ALL", form="U8"), Form("S16_LE", 2, 48_000)),
        ("", Form("S16_LE", 2, 48_000)),
    ],
)
def test_all_channels_and_48_khz_are_asked_for_where_the_hardware_has_them(said, form):
    assert suited(said, AS_IT_IS) == form


def test_a_converter_of_alsa_gives_as_many_channels_as_are_needed():
    assert suited(dump(channels="[1 10000]"), Intake(channel=5)).channels == 6


def test_what_was_opened_counts_and_not_what_was_asked_for():
    setup = SETUP.format(format="S32_LE", channels=4, rate=44_100, ring=22_050)
    slave = SETUP.format(format="S16_LE", channels=1, rate=8_000, ring=1)
    assert opened(setup + slave, Form()) == (Form("S32_LE", 4, 44_100), 22_050)
    assert opened("", Form(rate=16_000)) == (Form(rate=16_000), 0)


@given(st.text(), st.text(), st.text())
def test_whatever_arecord_says_some_form_that_can_be_read_comes_of_it(form, channels, rate):
    wanted = suited(dump(form, channels, rate), AS_IT_IS)
    got, ring = opened(SETUP.format(format=form, channels=channels, rate=rate, ring=rate), wanted)
    for each in (wanted, got):
        assert each.format in WIDTHS
        assert each.channels > 0
        assert each.rate > 0
    assert ring >= 0
