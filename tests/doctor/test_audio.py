"""Where sound would come from is told before the daemon tries: gone, locked, busy, muted, or only HDMI."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.doctor import audio
from edged.doctor.case import take
from tests.doctor.patients import patient, program
from tests.machines import put


def check(config_file, source: str = "mic:"):
    config_file.write_text(f'[audio]\nsource = "{source}"\n')
    return [finding for finding in audio.check(take(config_file)) if finding.state != "good"]


@pytest.fixture
def board(root, bin_folder):
    return patient(root, "rock-5b", "v61")


def test_a_microphone_in_order_is_good(board, config_file):
    assert check(config_file) == []


def test_hdmi_alone_is_no_microphone(board, config_file):
    for name in ("cards", "pcm"):
        file = board / "proc/asound" / name
        file.chmod(0o644)
        file.write_text(file.read_text().replace("es8316", "hdmi9"))
    (finding,) = check(config_file)
    assert finding.state == "broken"
    assert "HDMI-in" in finding.what
    assert "USB microphone" in finding.remedy


def test_no_source_at_all_keeps_edged_from_starting(board, config_file):
    (finding,) = check(config_file, "")
    assert (finding.state, finding.remedy) == ("broken", '[audio] source = "mic:"')


@pytest.mark.parametrize("source", ["nonsense:x", "mic:nobody", "arecord:plughw:CARD=nobody"])
def test_a_source_that_is_not_there_is_broken(board, bin_folder, config_file, source):
    program(bin_folder, "arecord", "exit 0")
    (finding,) = check(config_file, source)
    assert finding.state == "broken"
    assert finding.remedy


def test_a_locked_node_names_who_may_not_open_it(board, config_file):
    (board / "dev/snd/pcmC3D0c").chmod(0o600)
    (finding,) = check(config_file)
    assert finding.state == "broken"
    assert "pcmC3D0c: edged may not open it" in finding.what


@pytest.mark.parametrize(("name", "remedy"), [("pipewire", "mask"), ("arecord", "end process 77")])
def test_a_busy_card_names_who_holds_it(board, config_file, name, remedy):
    put(board, "/proc/asound/card3/pcm0c/sub0/status", "state: RUNNING\nowner_pid   : 77\n")
    put(board, "/proc/77/comm", f"{name}\n")
    (finding,) = check(config_file)
    assert finding.what == f"card rockchipes8316 is in use by process 77 ({name})"
    assert remedy in finding.remedy


def test_arecord_must_be_installed_to_be_used(board, config_file):
    (finding,) = check(config_file, "arecord:plughw:CARD=rockchipes8316,DEV=0")
    assert "is not installed" in finding.what
    assert finding.remedy == "sudo apt install alsa-utils"


def test_what_is_not_a_card_here_is_not_judged(board, config_file):
    for source in ("wyoming:tcp://kitchen:10600", "stdin:16000"):
        assert check(config_file, source) == []


MIC_OFF = """Simple mixer control 'Headphone',0
  Capabilities: pvolume pswitch
  Playback channels: Front Left - Front Right
  Limits: Playback 0 - 63
  Front Left: Playback 0 [0%] [off]
  Front Right: Playback 0 [0%] [off]
Simple mixer control 'Mic',0
  Capabilities: cvolume cvolume-joined cswitch cswitch-joined
  Capture channels: Mono
  Limits: Capture 0 - 100
  Mono: Capture 0 [0%] [-3.00dB] [off]
"""
LINE_ON = """Simple mixer control 'Line',0
  Capabilities: pvolume cvolume pswitch cswitch
  Playback channels: Front Left - Front Right
  Capture channels: Front Left - Front Right
  Limits: Playback 0 - 31 Capture 0 - 15
  Front Left: Playback 23 [74%] [off] Capture 15 [100%] [12.00dB] [on]
  Front Right: Playback 23 [74%] [off] Capture 15 [100%] [12.00dB] [on]
"""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (MIC_OFF, "switched off at Mic"),
        (MIC_OFF + LINE_ON, None),
        (LINE_ON, None),
        (LINE_ON.replace("[on]", "[off]"), "switched off at Line"),
        (MIC_OFF.replace("[off]", ""), "at zero at Mic"),
        (LINE_ON.replace(" [on]", "").replace("100%", "0%"), "at zero at Line"),
        ("", None),
        ("amixer: Invalid card number 'x'.", None),
    ],
)
def test_a_card_is_muted_where_every_way_in_is_closed(said, expected):
    assert audio.muted(said) == expected


@given(st.lists(st.sampled_from([*(MIC_OFF + LINE_ON).splitlines(keepends=True), "[", "'", "Capture", "\n"])))
def test_any_lines_of_a_mixer_are_survived(lines):
    said = audio.muted("".join(lines))
    assert said is None or said.startswith(("switched off at ", "at zero at "))


def test_a_muted_card_is_said_with_its_remedy(board, bin_folder, config_file, tmp_path):
    file = tmp_path / "mixer"
    file.write_text(MIC_OFF)
    only = '[ "$*" = "-c rockchipes8316 scontents" ] || exit 9'
    read = f"""while IFS= read -r line; do printf "%s\\n" "$line"; done < {file}"""
    program(bin_folder, "amixer", f"{only}\n{read}")
    (finding,) = check(config_file)
    assert finding.state == "degraded"
    assert finding.what == "card rockchipes8316 lets no sound in: switched off at Mic"
    assert "alsamixer -c rockchipes8316" in finding.remedy
