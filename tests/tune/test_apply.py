"""An overlay is checked before it counts, what was before is kept, and every step can be taken back."""

import os
import stat

import pytest

from edged.config.load import load
from edged.errors import ConfigError, ModelError, OverlayError
from edged.tune.history import KEPT
from edged.tune.settings import Setting
from tests.daemon import models, write_config

__all__ = ["models"]

THREADS = ("recognize", "threads")


def threads(count: int) -> tuple[Setting, ...]:
    return (Setting(THREADS, count, "measured"),)


def take(tuning, *settings):
    step = tuning.plan(settings)
    tuning.take(step)
    return step


def in_force(tuning) -> int:
    return load(tuning.file.with_name("edged.toml"), {}).config.recognize.threads


def test_a_step_is_in_force_with_its_reason_and_says_what_it_changed(write):
    tuning = write()
    step = take(tuning, *threads(2))
    assert in_force(tuning) == 2
    assert "threads = 2  # measured\n" in tuning.file.read_text()
    assert [str(change) for change in step.changes] == [
        f"recognize.threads: 1 (default) -> 2 ({tuning.file}:5)"
    ]


def test_settings_add_up_and_each_step_goes_back_by_one(write):
    tuning = write()
    take(tuning, *threads(2))
    take(tuning, Setting(("heads", "word", "hey_jarvis", "threshold"), 0.7))
    take(tuning, *threads(3))
    assert in_force(tuning) == 3
    seen = []
    for _ in range(3):
        tuning.go_back(tuning.back())
        seen.append((in_force(tuning), tuning.file.exists() and "0.7" in tuning.file.read_text()))
    assert seen == [(2, True), (2, False), (1, False)]
    assert not tuning.file.exists()


def test_several_steps_go_back_at_once(write):
    tuning = write()
    for count in (2, 3, 4):
        take(tuning, *threads(count))
    tuning.go_back(tuning.back(2), 2)
    assert in_force(tuning) == 2
    with pytest.raises(ConfigError, match=r"only 1 of 2 steps are kept in .*tuned\.history"):
        tuning.back(2)


def test_nothing_to_roll_back_is_a_sentence(write):
    with pytest.raises(ConfigError, match=r"^nothing to roll back: nothing was applied to .*tuned\.toml$"):
        write().back()


def test_no_more_than_the_newest_steps_are_kept(write):
    tuning = write()
    for count in range(KEPT + 5):
        take(tuning, *threads(count % 8 + 1))
    assert len(tuning.history.steps()) == KEPT
    tuning.go_back(tuning.back(KEPT), KEPT)
    assert in_force(tuning) == 5  # five were forgotten
    assert tuning.history.steps() == []


def test_what_would_break_the_configuration_is_refused_and_nothing_changes(write):
    tuning = write("[heads]\nrearm_below = 0.45\n")
    with pytest.raises(ConfigError, match=r"must not be above the threshold of 'hey_jarvis', 0\.4"):
        tuning.plan((Setting(("heads", "word", "hey_jarvis", "threshold"), 0.4),))
    with pytest.raises(ConfigError, match=r"tuned.toml:5: \[recognize\] threads = 99: must be a"):
        tuning.plan(threads(99))
    assert not tuning.file.exists()
    assert tuning.history.steps() == []


def test_a_configuration_that_is_broken_already_is_told_before_anything(write):
    with pytest.raises(ConfigError, match="unknown key"):
        write("[recognize]\ntreads = 1\n").plan(threads(2))


def test_an_overlay_that_somebody_broke_by_hand_can_still_be_taken_back(write):
    tuning = write()
    take(tuning, *threads(2))
    take(tuning, *threads(3))
    tuning.file.write_text("broken")
    with pytest.raises(ConfigError, match="not TOML"):
        tuning.plan(threads(4))
    tuning.go_back(tuning.back())
    assert in_force(tuning) == 2


def test_what_breaks_between_check_and_use_is_taken_back(write, tmp_path):
    tuning = write()
    take(tuning, *threads(2))
    step = tuning.plan(threads(3))
    (tmp_path / "edged.toml").write_text("[recognize]\ntreads = 1\n")
    with pytest.raises(ConfigError, match="unknown key"):
        tuning.take(step)
    (tmp_path / "edged.toml").write_text("")
    assert in_force(tuning) == 2
    assert len(tuning.history.steps()) == 1


def test_a_model_must_be_there_before_a_profile_names_it(models, tmp_path, write):
    tuning = write()
    write_config(tmp_path / "edged.toml", models)
    with pytest.raises(ModelError, match="absent-model"):
        tuning.plan((Setting(("recognize", "model"), "absent-model"),))
    assert not tuning.file.exists()
    assert tuning.plan((Setting(("listen", "vad"), "silero_vad"),)).changes == ()


def test_whoever_may_read_the_users_file_may_read_the_overlay(write, tmp_path):
    tuning = write()
    (tmp_path / "edged.toml").chmod(0o640)
    take(tuning, *threads(2))
    assert stat.S_IMODE(tuning.file.stat().st_mode) == 0o640


def test_a_folder_that_cannot_be_written_is_a_sentence_with_a_way_out(write):
    tuning = write()
    tuning.history.folder.write_text("in the way")
    with pytest.raises(OverlayError, match=r"tuned\.history: file exists; .*root can.*name it with -c"):
        take(tuning, *threads(2))
    assert not tuning.file.exists()


def test_an_overlay_that_cannot_be_written_leaves_no_step_behind(write):
    tuning = write()
    tuning.file.mkdir()
    with pytest.raises((OverlayError, ConfigError)):
        take(tuning, *threads(2))
    tuning.file.rmdir()
    step = tuning.plan(threads(2))
    tuning.file.with_name(f".tuned.toml.{os.getpid()}").mkdir()  # where the draft would lie
    with pytest.raises(OverlayError, match=r"is a directory|file exists"):
        tuning.take(step)
    assert tuning.history.steps() == []
    assert in_force(tuning) == 1
