"""`mic:` means one microphone: named, or the best there is; never HDMI-in by itself."""

import itertools
import logging

import pytest

from edged.errors import AudioDeviceLost
from edged.stages.audio.cards import capture_cards
from edged.stages.audio.which import spec_of, take
from tests.stages.audio.sound_cards import ARRAY, CODEC, HDMI_IN, HDMI_OUT, LOOPBACK, TWIN, USB, plug

OTHER = CODEC.__class__("rt5616", "realtek,rt5616-codec")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))

    def cards(*fakes):
        plug(tmp_path, *fakes)
        return capture_cards()

    return cards


def taken(cards, name="", own=()):
    card = take(name, cards, own)
    return card and card.id


def test_a_usb_microphone_comes_first_whatever_the_order_of_the_cards(machine):
    for order in itertools.permutations([HDMI_OUT, HDMI_IN, CODEC, USB]):
        assert taken(machine(*order), own=["rockchipes8388"]) == "Device"


def test_without_one_the_boards_own_microphone_is_taken(machine):
    for order in itertools.permutations([OTHER, HDMI_IN, CODEC]):
        assert taken(machine(*order), own=["Analog", "rockchipes8388"]) == "rockchipes8388"


def test_without_that_any_other_card_is_taken_but_never_hdmi_in(machine):
    for order in itertools.permutations([LOOPBACK, HDMI_IN, OTHER]):
        assert taken(machine(*order), own=["rockchipes8388"]) == "rt5616"


@pytest.mark.parametrize("fakes", [(), (HDMI_OUT,)])
def test_no_card_at_all_is_a_microphone_that_may_come(machine, fakes):
    with pytest.raises(
        AudioDeviceLost, match=r"^mic: no microphone: no sound card that captures; plug one in"
    ):
        taken(machine(*fakes))


def test_hdmi_in_alone_is_named_as_there_but_not_taken(machine):
    with pytest.raises(AudioDeviceLost, match=r"mic:rockchiphdmiin is there \(HDMI-in: "):
        taken(machine(HDMI_IN))


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("Device", "Device"),  # an id, though part of others
        ("3-1", "ArrayUAC10"),
        ("0123AB", "ArrayUAC10"),
        ("respeaker", "ArrayUAC10"),
        ("es8388", "rockchipes8388"),
        ("usb-fc880000.usb-1,", "Device"),
        ("5-1.4", "Device_1"),
        ("hdmiin", "rockchiphdmiin"),
        ("pulse", None),
    ],
)
def test_a_name_is_an_id_a_port_a_serial_number_or_part_of_a_name(machine, name, card):
    assert taken(machine(HDMI_IN, CODEC, ARRAY, USB, TWIN), name) == card


def test_a_name_of_several_is_refused_with_what_to_say_instead(machine):
    with pytest.raises(
        AudioDeviceLost, match=r"^mic:usb audio means several microphones; say one of mic:5-1, mic:5-1.4$"
    ):
        taken(machine(TWIN, USB), "usb audio")


def test_of_several_usb_microphones_the_port_decides_and_it_is_said(machine, caplog):
    for order in ([TWIN, USB], [USB, TWIN]):
        with caplog.at_level(logging.WARNING):
            assert taken(machine(*order)) == "Device"
        assert "several USB microphones; taking mic:5-1 of mic:" in caplog.text
        caplog.clear()


def test_equal_cards_are_told_apart_by_port_and_others_by_id(machine):
    cards = machine(CODEC, USB, TWIN, ARRAY)
    assert [spec_of(card, cards) for card in cards] == [
        "mic:rockchipes8388",
        "mic:5-1",
        "mic:5-1.4",
        "mic:ArrayUAC10",
    ]
