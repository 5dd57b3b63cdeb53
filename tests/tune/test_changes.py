"""A step is told key by key, and so is every key that has no effect because the user wrote it."""

from edged.config.load import load
from edged.config.reload import reload
from edged.tune.changes import changes, conflicts

USERS = """\
[recognize]
threads = 4

[[heads.word]]
name = "alexa"
threshold = 0.6

[[heads.word]]
name = "hey_jarvis"
"""

TUNED = """\
[recognize]
threads = 2
nice = 3
[features]
order = ["cpu", "opencl"]
[[heads.word]]
name = "alexa"
threshold = 0.7
[[heads.word]]
name = "hey_jarvis"
threshold = 0.45
[[heads.word]]
name = "nobody"
threshold = 0.45
"""

GOLDEN = """\
features.order: ["opencl", "ort-opencl", "cpu"] (default) -> ["cpu", "opencl"] (tuned.toml:5)
heads.word[1].threshold: not set (as in [heads]) -> 0.45 (tuned.toml:11)
recognize.nice: 0 (default) -> 3 (tuned.toml:3)
"""

CONFLICTS = """\
recognize.threads = 2: no effect: recognize.threads = 4 stands in edged.toml:2 and wins
threshold of 'alexa' = 0.7: no effect: heads.word[0].threshold = 0.6 stands in edged.toml:6 and wins
threshold of 'nobody' = 0.45: no effect: no wake word is called 'nobody'
"""


def both(tmp_path, monkeypatch, users: str = USERS, environ=None):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "edged.toml").write_text(users)
    file = (tmp_path / "edged.toml").relative_to(tmp_path)
    return load(file, environ or {}, tuned=""), load(file, environ or {}, tuned=TUNED)


def text(lines) -> str:
    return "".join(f"{line}\n" for line in lines)


def test_what_changes_is_told_key_by_key(tmp_path, monkeypatch):
    before, after = both(tmp_path, monkeypatch)
    assert text(changes(before, after)) == GOLDEN
    assert changes(after, after) == ()


def test_what_has_no_effect_is_told_key_by_key(tmp_path, monkeypatch):
    _, after = both(tmp_path, monkeypatch)
    assert text(conflicts(after)) == CONFLICTS


def test_a_value_for_all_words_is_named_where_it_wins(tmp_path, monkeypatch):
    environ = {"EDGED__HEADS__THRESHOLD": "0.8"}
    _, after = both(tmp_path, monkeypatch, "[[heads.word]]\nname = 'alexa'\n", environ)
    (alexa,) = (str(each) for each in conflicts(after) if "'alexa'" in str(each))
    assert alexa == (
        "threshold of 'alexa' = 0.7: no effect: heads.threshold = 0.8 stands in "
        "environment EDGED__HEADS__THRESHOLD and wins"
    )


def test_thresholds_are_taken_at_once_and_threads_at_the_next_start(tmp_path, monkeypatch):
    before, after = both(tmp_path, monkeypatch)
    assert reload(before.config, after.config).later == ("features.order", "recognize.nice")
    live = {change.key: change.live for change in changes(before, after)}
    assert live == {"features.order": False, "heads.word[1].threshold": True, "recognize.nice": False}
