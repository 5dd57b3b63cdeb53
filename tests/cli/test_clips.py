"""`edged clips` and `edged replay`: listed, explained, judged, heard again, deleted."""

import json
import shutil
from pathlib import Path

import pytest

from edged.runtime.clips.store import Store
from tests.daemon import DEMO, events, install, models, run, write_config
from tests.runtime.clips.clip import clip_id
from tests.runtime.clips.clip import document as clip

__all__ = ["models"]


def toml(folder: Path, more: str = "") -> str:
    return f'[recognize]\nenabled = false\n[clips]\nenabled = true\ndir = "{folder}"\n{more}'


@pytest.fixture(scope="module")
def heard(models, tmp_path_factory) -> tuple[Path, str]:
    """A folder with the clip of one wake, made by the daemon itself, and its id."""
    home = tmp_path_factory.mktemp("heard")
    config = write_config(home / "edged.toml", models, toml(home / "clips"))
    source = ("--source", f"wav:{DEMO}", "--pace", "fast", "--events", "-")
    code, out, err = run("run", "-c", config, *source)
    assert code == 0, err
    (wake,) = (event for event in events(out) if event["event"] == "activation")
    return home, wake["clip"]


@pytest.fixture
def desk(heard, models, tmp_path) -> tuple[Path, str, Path]:
    """A copy of those clips, the id, and a configuration that finds them."""
    home, id = heard
    shutil.copytree(home / "clips", tmp_path / "clips")
    return tmp_path / "clips", id, write_config(tmp_path / "edged.toml", models, toml(tmp_path / "clips"))


def test_a_wake_is_listed_explained_and_marked(desk):
    folder, id, config = desk
    code, out, err = run("clips", "list", "-c", config)
    assert (code, err) == (0, "")
    assert id in out
    assert f"1 clips, 0.1 MB, in {folder}" in out
    code, out, err = run("clips", "show", id, "-c", config)
    assert (code, err) == (0, "")
    assert out.startswith("hey_jarvis was heard at 20")
    for line in (
        "threshold 0.5",
        "scores  ",
        "speech  the gate is off",
        "features cpu (cpu, fp32)",
        "verdict none yet",
    ):
        assert line in out
    assert run("clips", "mark", id, "wrong", "-c", config) == (0, f"{id}: wrong\n", "")
    code, out, err = run("clips", "list", "--json", "-c", config)
    (row,) = json.loads(out)
    assert (code, err, row["id"], row["verdict"], row["word"]) == (0, "", id, "wrong", "hey_jarvis")
    code, out, err = run("clips", "show", id, "--json", "-c", config)
    document = json.loads(out)
    assert (code, err, document["verdict"], document["kind"]) == (0, "", "wrong", "wake")
    assert len(document["made_by"]["models"]["head:hey_jarvis"]) == 64


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("stop", {}, "computer was heard, and cancelled a command at "),
        ("rejected", {"reason": "idle"}, "computer was held back (idle) at "),
        ("lost", {"reason": "it died"}, "computer led to a command that got no text (it died) at "),
        (
            "lost",
            {"reason": "it died", "word": ""},
            "a trigger led to a command that got no text (it died) at ",
        ),
    ],
)
def test_every_kind_is_explained_in_a_sentence(desk, kind, changes, said):
    folder, _, config = desk
    id = clip_id(7, kind)
    assert Store(folder).put(clip(id, kind=kind, **changes), None, quota=10**9)
    code, out, err = run("clips", "show", id, "-c", config)
    assert (code, err) == (0, "")
    assert out.startswith(said)
    assert id in run("clips", "list", "-c", config)[1]


def test_heard_again_it_is_the_same(desk):
    folder, id, config = desk
    code, out, err = run("replay", id, "-c", config)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "same scores, same decisions"
    code, out, err = run("replay", folder / id / "sound.flac", "--json", "-c", config)
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["same"], found["tolerance"], found["changes"]) == (True, 1e-6, [])
    word = found["words"]["hey_jarvis"]
    assert word["difference"] <= 1e-6
    assert len(word["then"]) == len(word["now"]) == len(found["ends"])
    assert [each["heard"] for each in found["decisions_then"]] == [True]
    assert found["decisions_now"] == found["decisions_then"]


def test_with_another_rule_or_model_it_is_not_and_says_why(desk, models, tmp_path):
    folder, id, _ = desk
    other = tmp_path / "models"
    shutil.copytree(models, other)
    shutil.rmtree(other / "hey_jarvis")
    home = install(other, "hey_jarvis")
    sheet = (home / "model.toml").read_text()
    alexa = next((other / "alexa").glob("*.onnx")).read_bytes()
    model = next(home.glob("*.onnx"))
    model.write_bytes(alexa)
    import hashlib

    lines = [line for line in sheet.splitlines() if not line.startswith(("sha256", "bytes"))]
    digest = hashlib.sha256(alexa).hexdigest()
    (home / "model.toml").write_text("\n".join([*lines, f'sha256 = "{digest}"', f"bytes = {len(alexa)}", ""]))
    more = "[heads]\nthreshold = 0.9\npatience = 2\npatience_window = 3\n"
    config = write_config(tmp_path / "other.toml", other, toml(folder, more))
    code, out, err = run("replay", id, "-c", config)
    assert (code, err) == (1, "")
    assert "changed: hey_jarvis: threshold 0.5 then, 0.9 now" in out
    assert "changed: hey_jarvis: patience 1 then, 2 now" in out
    assert "changed: model head:hey_jarvis: another file: sha256 " in out
    assert f"{digest[:12]} now" in out
    assert out.splitlines()[-1] == "DIFFERENT: scores and decisions"


def test_a_setting_that_changes_nothing_is_no_difference_and_is_told(desk, models, tmp_path):
    folder, id, _ = desk
    config = write_config(tmp_path / "other.toml", models, toml(folder, "[listen]\nmin_speech_ms = 200\n"))
    code, out, _ = run("replay", id, "-c", config)
    assert code == 0
    assert "the configuration is another one, in nothing that scores or decisions depend on" in out


@pytest.mark.parametrize("command", [("clips", "show"), ("replay",)])
@pytest.mark.parametrize("name", ["20261120T100000.000Z-wake-abcdef", "nothing/of/that/name", "x"])
def test_what_is_no_clip_is_one_sentence(desk, command, name):
    _, _, config = desk
    code, out, err = run(*command, name, "-c", config)
    assert (code, out) == (66, "")
    assert err.startswith(f"edged: {name}: no such clip")
    assert len(err.splitlines()) == 1


def test_a_damaged_one_is_one_sentence(desk):
    folder, id, config = desk
    (folder / id / "clip.json").write_text("{}")
    code, out, err = run("replay", id, "-c", config)
    assert (code, out) == (66, "")
    assert "is no clip of this version" in err
    assert len(err.splitlines()) == 1
    code, out, _ = run("clips", "list", "-c", config)
    assert (code, "damaged" in out) == (0, True)


def test_purge_asks_and_deletes_for_good(desk):
    folder, id, config = desk
    code, _, _ = run("clips", "purge", "-c", config, stdin=-3)
    assert (code, [home.name for home in folder.iterdir()]) == (1, [id])
    assert run("clips", "mark", id, "right", "-c", config)[0] == 0
    assert run("clips", "purge", "--keep-marked", "-c", config)[:2] == (0, f"0 deleted in {folder}\n")
    assert run("clips", "purge", "--yes", "-c", config)[:2] == (0, f"1 deleted in {folder}\n")
    assert list(folder.iterdir()) == []
    code, out, _ = run("clips", "list", "-c", config)
    assert (code, out) == (0, f"no clips in {folder}; they are kept where [clips] enabled = true\n")
