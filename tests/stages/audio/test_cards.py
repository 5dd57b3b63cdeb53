"""Every card that captures is seen as the kernel shows it, and none where there is no sound."""

import dataclasses
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.audio.cards import Holder, capture_cards, offers
from tests.stages.audio.sound_cards import (
    ARRAY,
    CODEC,
    HDMI_IN,
    HDMI_OUT,
    LOOPBACK,
    MIC_STREAM,
    USB,
    plug,
    write,
)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    return tmp_path


def test_a_machine_without_sound_has_no_cards(machine):
    assert capture_cards() == ()
    plug(machine)
    assert capture_cards() == ()


def test_only_cards_that_capture_are_listed_with_the_index_of_the_moment(machine):
    plug(machine, HDMI_OUT, HDMI_IN, CODEC)
    assert [(card.index, card.id, card.name) for card in capture_cards()] == [
        (1, "rockchiphdmiin", "rockchip,hdmiin"),
        (2, "rockchipes8388", "rockchip,es8388"),
    ]


def test_a_usb_card_tells_its_port_its_serial_number_and_what_it_can_do(machine):
    plug(machine, ARRAY, USB, CODEC)
    array, usb, codec = capture_cards()
    assert (array.usb_path, array.usb_serial, array.rates) == ("3-1", "0123AB", "")
    assert (usb.usb_path, usb.usb_serial, usb.rates, usb.channels) == ("5-1", "", "48000, 44100", (1,))
    assert usb.long_name.startswith("C-Media Electronics Inc. USB Audio Device at usb-")
    assert not codec.usb


def test_the_rates_of_its_loudspeaker_are_not_those_of_a_microphone():
    assert offers(MIC_STREAM) == ("48000, 44100", (1,))
    assert offers(MIC_STREAM.partition("\nCapture:")[0]) == ("", ())


def test_several_forms_of_a_microphone_are_all_told():
    more = "  Interface 2\n    Altset 2\n    Channels: 6\n    Rates: 8000 - 48000 (continuous)\n"
    assert offers(MIC_STREAM + more) == ("48000, 44100; 8000 - 48000 (continuous)", (1, 6))


def test_the_first_capture_pcm_counts(machine):
    plug(machine, dataclasses.replace(CODEC, pcm=2))
    (card,) = capture_cards()
    assert card.pcm == 2
    assert str(card.node) == f"{machine}/dev/snd/pcmC0D2c"


def test_who_has_it_open_is_named(machine):
    plug(machine, dataclasses.replace(CODEC, owner=os.getpid()))
    write(machine, f"proc/{os.getpid()}/comm", "pipewire\n")
    (card,) = capture_cards()
    assert card.holder == Holder(os.getpid(), "pipewire")
    assert str(card.holder) == f"process {os.getpid()} (pipewire)"
    (machine / f"proc/{os.getpid()}/comm").unlink()
    assert str(capture_cards()[0].holder) == f"process {os.getpid()}"


@pytest.mark.parametrize(
    ("card", "why"), [(HDMI_IN, "HDMI-in"), (LOOPBACK, "a loopback"), (CODEC, ""), (USB, "")]
)
def test_what_is_no_microphone_says_so(machine, card, why):
    plug(machine, card)
    (found,) = capture_cards()
    assert found.why_not.startswith(why)
    assert bool(found.why_not) == bool(why)


@given(cards=st.text(), pcms=st.text())
def test_whatever_the_kernel_says_is_read_without_an_exception(tmp_path_factory, cards, pcms):
    root = tmp_path_factory.mktemp("odd")
    write(root, "proc/asound/cards", cards)
    write(root, "proc/asound/pcm", "00-00: x : capture 1\n" + pcms)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGED_SYSROOT", str(root))
        assert all(card.index >= 0 for card in capture_cards())


def test_a_card_whose_files_may_not_be_read_is_still_listed(machine):
    plug(machine, USB)
    stream = machine / "proc/asound/card0/stream0"
    stream.unlink()
    stream.mkdir()  # reading it fails for root as well
    assert capture_cards()[0].rates == ""
