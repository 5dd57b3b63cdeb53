"""The board is told by its device tree, its file lies below the user's: shown, overruled, never guessed."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.config import board
from edged.config.board import boards, choose, device_tree
from edged.config.keys import KEYS
from edged.config.load import Loaded, load
from edged.config.schema import Config
from edged.config.show import as_json, as_toml
from edged.errors import ConfigError
from edged.stages.audio.cards import capture_cards
from edged.stages.audio.which import default
from tests.machines import MACHINES
from tests.machines import machine as laid_out

TREE = "sys/firmware/devicetree/base"

SEEN = {
    "rock-5b": ["radxa,rock-5b", "rockchip,rk3588"],
    "orangepi-5": ["rockchip,rk3588s-orangepi-5", "rockchip,rk3588"],
    "orangepi-5b": ["xunlong,orangepi-5b", "rockchip,rk3588s"],
    "orangepi-5-plus": ["xunlong,orangepi-5-plus", "rockchip,rk3588"],
    "orangepi-5-max": ["rockchip,rk3588-orangepi-5-max", "rockchip,rk3588"],
    "nanopc-t6": ["friendlyelec,nanopc-t6", "rockchip,rk3588"],
    "turing-rk1": ["turing,rk1", "rockchip,rk3588"],
    "khadas-edge2": ["khadas,edge2", "rockchip,rk3588s"],
    "rk3588-generic": ["hardkernel,odroid-m2", "rockchip,rk3588s"],
    "generic": ["raspberrypi,5-model-b", "brcm,bcm2712"],
}
"""What a kernel says on each board."""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Put a device tree on the machine; None: a file that cannot be read."""
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path / "machine"))

    def put(raw: bytes | None) -> None:
        file = tmp_path / "machine" / TREE / "compatible"
        file.parent.mkdir(parents=True)
        if raw is None:
            file.mkdir()
        else:
            file.write_bytes(raw)

    return put


def loaded(tmp_path: Path, text: str = "") -> Loaded:
    file = tmp_path / "edged.toml"
    file.write_text(text)
    return load(file, {})


def tree(names: list[str]) -> bytes:
    return "".join(f"{name}\0" for name in names).encode()


@pytest.mark.parametrize("name", SEEN)
def test_each_board_is_told_by_its_device_tree(machine, tmp_path, name):
    machine(tree(SEEN[name]))
    result = loaded(tmp_path)
    assert result.board is not None
    assert result.board.name == name
    assert SEEN[name][name == "rk3588-generic"] in result.board.why
    assert f"{TREE}/compatible" in result.board.why


def test_every_board_known_was_seen_here():
    assert set(boards()) == set(SEEN)


@pytest.mark.parametrize("name", SEEN)
def test_a_board_sets_only_what_is_built_and_says_why(name, tmp_path):
    file = board.FOLDER / f"{name}.toml"
    text = file.read_text()
    assert text.startswith("# ")
    assert "extends" not in tomllib.loads(text)
    result = loaded(tmp_path, f'[board]\nname = "{name}"\n')
    mine = [key for key, origin in result.origins.items() if origin.startswith(f"boards/{name}.toml:")]
    own = {"board.microphones"} if name not in ("turing-rk1", "rk3588-generic") else set()
    assert {"board.compatible", "recognize.threads"} | own == set(mine) or name == "generic"
    assert all(KEYS[key].later is None for key in mine)


@pytest.mark.parametrize("name", SEEN)
def test_a_microphone_is_named_as_alsa_names_cards(name, tmp_path):
    named = loaded(tmp_path, f'[board]\nname = "{name}"\n').config.board.microphones
    assert all(re.fullmatch("[A-Za-z0-9]{1,15}", card) for card in named)


@pytest.mark.parametrize(("name", "kernel"), MACHINES)
def test_the_boards_own_microphone_is_taken_before_other_cards(tmp_path, monkeypatch, name, kernel):
    root = tmp_path / "machine"
    monkeypatch.setenv("EDGED_SYSROOT", str(root))
    laid_out(root, name, kernel)
    add_card(root, "Aaa")
    cards = capture_cards()
    own = loaded(tmp_path).config.board.microphones
    taken = default(cards, own)
    assert taken is not None
    assert taken.id in own
    rival = default(cards, ())
    assert rival is not None
    assert rival.id == "Aaa"


def add_card(root: Path, card: str) -> None:
    """Add a card that captures and is nobody's own."""
    for file, line in (
        ("cards", f"99 [{card:<15}]: X - {card}\n   {card}\n"),
        ("pcm", "99-00: x : x : capture 1\n"),
    ):
        path = root / "proc/asound" / file
        path.chmod(0o644)
        path.write_text(path.read_text() + line)


def test_no_name_is_answered_to_by_two_boards():
    names = [name for each in boards().values() for name in each]
    assert len(names) == len(set(names))


def test_a_value_of_the_board_has_its_line_and_gives_way_to_the_users(machine, tmp_path):
    machine(tree(SEEN["rock-5b"]))
    said = (board.FOLDER / "rock-5b.toml").read_text().splitlines().index("threads = 2") + 1
    plain = loaded(tmp_path)
    assert plain.config.recognize.threads == 2
    assert plain.origins["recognize.threads"] == f"boards/rock-5b.toml:{said}"
    assert plain.files == (tmp_path / "edged.toml",)
    own = loaded(tmp_path, "[recognize]\nmode = 'offline'\nthreads = 1\n")
    assert own.config.recognize.threads == 1
    assert own.origins["recognize.threads"] == f"{tmp_path / 'edged.toml'}:3"


def test_a_named_board_is_taken_whatever_the_machine_says(machine, tmp_path):
    machine(tree(SEEN["rock-5b"]))
    result = loaded(tmp_path, '[board]\nname = "generic"\n')
    assert result.config.recognize.threads == Config().recognize.threads
    assert result.board is not None
    assert (result.board.name, result.board.why) == ("generic", f"named: {tmp_path / 'edged.toml'}:2")


def test_names_in_the_users_file_are_taken_instead_of_the_machines(machine, tmp_path):
    machine(tree(["acme,box", "acme,soc"]))
    result = loaded(tmp_path, '[board]\ncompatible = ["acme,box", "turing,rk1"]\n')
    assert result.board is not None
    assert result.board.name == "turing-rk1"
    assert result.config.recognize.threads == 2
    assert result.config.board.compatible == ("acme,box", "turing,rk1")


def test_an_unknown_board_is_told_with_those_that_are_known(tmp_path):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, '\n[board]\nname = "rock-5"\n[heads]\ntreshold = 1\n')
    first, second = caught.value.problems
    assert first.startswith(f'{tmp_path / "edged.toml"}:3: [board] name = "rock-5": unknown board; ')
    assert "did you mean 'rock-5b'? known: auto, generic, khadas-edge2, nanopc-t6, orangepi-5," in first
    assert "treshold" in second


@pytest.mark.parametrize("text", ["name = 7", "compatible = 'x'", "compatible = [7]"])
def test_a_wrong_form_is_told_once(tmp_path, text):
    with pytest.raises(ConfigError, match="must be") as caught:
        loaded(tmp_path, f"[board]\n{text}\n")
    assert len(caught.value.problems) == 1


def test_without_a_device_tree_nothing_lies_below(tmp_path):
    result = loaded(tmp_path)
    assert result.config == Config()
    assert result.board is not None
    assert result.board.name == "generic"
    assert result.board.why.startswith("nothing in ")


def test_a_device_tree_that_cannot_be_read_is_said(machine, tmp_path):
    machine(None)
    assert loaded(tmp_path).board.why.endswith(f"{TREE}/compatible (is a directory)")


@given(st.binary(max_size=80))
def test_any_bytes_name_a_board_or_none(tmp_path_factory, raw):
    root = tmp_path_factory.mktemp("machine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGED_SYSROOT", str(root))
        (root / TREE).mkdir(parents=True)
        (root / TREE / "compatible").write_bytes(raw)
        assert choose(*device_tree()).name in boards()


def test_the_board_and_its_reason_are_shown_and_reading_it_again_changes_nothing(machine, tmp_path):
    machine(tree(SEEN["orangepi-5"]))
    first = loaded(tmp_path)
    shown = as_toml(first)
    assert "# board orangepi-5: rockchip,rk3588s-orangepi-5 in " in shown.splitlines()[1]
    assert as_json(first)["board"]["name"] == "orangepi-5"
    assert loaded(tmp_path, shown).config == first.config
