"""`tuned.toml` lies above the board's file and below what the user wrote; it names no board and no word."""

import pytest

from edged.config.load import load
from edged.config.overlay import beside, in_words
from edged.config.show import as_json, as_toml
from edged.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    def write(user: str, tuned: str | None = None):
        (tmp_path / "edged.toml").write_text(user)
        if tuned is not None:
            (tmp_path / "tuned.toml").write_text(tuned)
        return tmp_path / "edged.toml"

    return write


def problems(file) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    return list(caught.value.problems)


def test_it_counts_where_the_user_wrote_nothing_and_says_where_it_stands(write):
    file = write("[heads]\npatience_window = 2\n", "# measured\n[recognize]\nthreads = 3\n")
    loaded = load(file, {})
    assert loaded.config.recognize.threads == 3
    assert loaded.origins["recognize.threads"] == f"{beside(file)}:3"
    assert f"threads = 3  # {beside(file)}:3" in as_toml(loaded).splitlines()
    assert f"# tuned by {beside(file)}" in as_toml(loaded).splitlines()
    assert (as_json(loaded)["tuned"], as_json(load(file, {}, tuned=""))["tuned"]) == (str(beside(file)), None)


def test_a_value_that_the_user_wrote_wins_wherever_it_stands(write, tmp_path):
    (tmp_path / "base.toml").write_text("[recognize]\nthreads = 4\n")
    file = write('extends = "base.toml"\n', "[recognize]\nthreads = 3\nnice = 7\n")
    loaded = load(file, {"EDGED__RECOGNIZE__NICE": "1"}, {"heads.threshold": 0.6})
    assert (loaded.config.recognize.threads, loaded.config.recognize.nice) == (4, 1)
    assert loaded.config.heads.threshold == 0.6


def test_it_wins_over_the_boards_own_file(write):
    file = write('[board]\nname = "rock-5b"\n', "[recognize]\nthreads = 3\n")
    assert load(file, {}, tuned="").config.recognize.threads == 2
    assert load(file, {}).config.recognize.threads == 3


def test_a_word_gets_its_threshold_and_no_word_is_added(write):
    words = "[[heads.word]]\nname = 'alexa'\n[[heads.word]]\nname = 'mine'\nthreshold = 0.9\n"
    tuned = "".join(
        f'[[heads.word]]\nname = "{name}"\nthreshold = 0.7\n' for name in ("alexa", "mine", "other")
    )
    loaded = load(write(words, tuned), {})
    assert [(word.name, word.threshold) for word in loaded.config.heads.word] == [
        ("alexa", 0.7),
        ("mine", 0.9),
    ]
    assert loaded.origins["heads.word[0].threshold"].endswith("tuned.toml:3")
    assert loaded.origins["heads.word[1].threshold"].endswith("edged.toml:5")


def test_the_word_of_the_default_gets_its_threshold_too(write):
    loaded = load(write("", '[[heads.word]]\nname = "hey_jarvis"\nthreshold = 0.7\n'), {})
    assert [(word.name, word.threshold) for word in loaded.config.heads.word] == [("hey_jarvis", 0.7)]
    assert loaded.origins["heads.word[0].name"] == "default"
    assert loaded.origins["heads.word[0].threshold"].endswith("tuned.toml:3")


@pytest.mark.parametrize("where", ["file", "environment", "command line"])
def test_a_threshold_for_all_words_that_the_user_wrote_wins_over_that_of_one(write, where):
    tuned = '[heads]\nrearm_below = 0.2\n[[heads.word]]\nname = "hey_jarvis"\nthreshold = 0.7\n'
    file = write("[heads]\nthreshold = 0.4\n" if where == "file" else "", tuned)
    environ = {"EDGED__HEADS__THRESHOLD": "0.4"} if where == "environment" else {}
    loaded = load(file, environ, {"heads.threshold": 0.4 if where == "command line" else None})
    assert loaded.config.heads.threshold == 0.4
    assert loaded.config.heads.word[0].threshold is None
    assert loaded.config.heads.rearm_below == 0.2


def test_words_that_a_program_gave_are_not_changed(write):
    mine = [{"name": "hey_jarvis"}]
    file = write("", '[[heads.word]]\nname = "hey_jarvis"\nthreshold = 0.7\n')
    assert load(file, {}, {"heads.word": mine}).config.heads.word[0].threshold == 0.7
    assert mine == [{"name": "hey_jarvis"}]


@pytest.mark.parametrize(
    ("tuned", "sentence"),
    [
        ("[recognize]\ntreads = 2\n", ":2: [recognize] treads: unknown key; did you mean 'threads'?"),
        ("[recognize]\nthreads = 99\n", ":2: [recognize] threads = 99: must be a whole number from 1 to 8"),
        ("[recognize\n", ":1: not TOML: expected ']' at the end of a table declaration (column 11)"),
        ("extends = 'a.toml'\n", ":1: extends belongs into your own file, not into tuned.toml"),
        ("[board]\nname = 'x'\n", ":2: board belongs into your own file, not into tuned.toml"),
        (
            "[[heads.word]]\nthreshold = 0.5\n",
            ":2: [[heads.word]] needs the name of a word of your configuration",
        ),
        (
            "[heads]\nword = []\n",
            ":2: [[heads.word]] needs the name of a word of your configuration",
        ),
        (
            "[[heads.word]]\nname = 'a'\nmodel = 'b'\n",
            ":3: [[heads.word]] model: only rules stand here (threshold, rearm_below, patience, "
            "patience_window, refractory_s, vad_threshold, lag_ms); which model it is, your own file says",
        ),
    ],
)
def test_what_cannot_stand_there_is_one_sentence_with_its_line(write, tuned, sentence):
    file = write("", tuned)
    assert problems(file) == [f"{beside(file)}{sentence}"]


def test_a_text_can_stand_in_for_the_file_and_nothing_for_one_that_is_broken(write):
    file = write("", "broken")
    assert load(file, {}, tuned="").config.recognize.threads == 1
    assert load(file, {}, tuned="[recognize]\nthreads = 2\n").config.recognize.threads == 2


def test_places_are_named_as_people_say_them():
    assert in_words(("recognize", "threads")) == "recognize.threads"
    assert in_words(("heads", "word", "alexa", "threshold")) == "threshold of 'alexa'"
