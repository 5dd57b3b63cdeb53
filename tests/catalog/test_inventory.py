import shutil

from edged.catalog.inventory import inventory
from edged.catalog.known import known
from tests.catalog.sheets import CONTENTS, install_head


def test_damaged_and_installed_models_come_first_then_what_can_be_pulled(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    install_head(tmp_path / "mine")
    install_head(tmp_path / "state" / "models")  # the same name further down: a search never sees it
    install_head(tmp_path / "state" / "models", "cut_short")
    (tmp_path / "state" / "models" / "cut_short" / "cut_short.onnx").write_bytes(b"cut")
    install_head(tmp_path / "state" / "models", "no_toml")
    (tmp_path / "state" / "models" / "no_toml" / "model.toml").write_text("?")
    found = {item.name: item for item in inventory(tmp_path / "mine")}
    assert (found["hey_you"].state, found["hey_you"].folder) == ("installed", tmp_path / "mine" / "hey_you")
    assert (found["cut_short"].state, found["no_toml"].state) == ("damaged", "damaged")
    assert "3 bytes instead of" in found["cut_short"].problem
    assert found["no_toml"].model is None
    assert set(known()) <= set(found)
    names = [item.name for item in inventory(tmp_path / "mine") if item.state != "available"]
    assert names == sorted(names)


def test_contents_are_compared_on_request(tmp_path):
    folder = install_head(tmp_path)
    (folder / "hey_you.onnx").write_bytes(b"!" + CONTENTS[1:])
    states = [
        {item.name: item.state for item in inventory(tmp_path, contents=contents)}["hey_you"]
        for contents in (False, True)
    ]
    assert states == ["installed", "damaged"]
    shutil.rmtree(folder)
    assert "hey_you" not in {item.name for item in inventory(tmp_path)}
