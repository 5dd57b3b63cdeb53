"""Loading answers a good file with values and origins, and a bad one with every problem in plain words."""

import json
import os
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.config import load as loading
from edged.config.keys import KEYS
from edged.config.load import Loaded, load
from edged.config.schema import Config, Later, Word, json_schema
from edged.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes, name: str = "edged.toml") -> Path:
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


@pytest.fixture
def not_built(monkeypatch):
    """Make a key belong to a part that is not built, as any may in a version to come."""

    def mark(name: str, part: str) -> None:
        monkeypatch.setitem(KEYS, name, replace(KEYS[name], later=Later(part)))

    return mark


def problems(path: Path | None, environ=None, overrides=None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environ or {}, overrides or {})
    return list(caught.value.problems)


def loaded(path: Path | None, environ=None, overrides=None) -> Loaded:
    return load(path, environ or {}, overrides or {})


# what is in force


def test_without_a_file_everything_is_default(monkeypatch, tmp_path):
    monkeypatch.setattr(loading, "DEFAULT_FILE", tmp_path / "absent.toml")
    result = loaded(None)
    assert result.config == Config()
    assert result.files == ()
    assert set(result.origins.values()) == {"default"}


def test_the_default_file_is_read_where_it_exists(monkeypatch, write):
    file = write("[heads]\nthreshold = 0.7\n")
    monkeypatch.setattr(loading, "DEFAULT_FILE", file)
    assert loaded(None).config.heads.threshold == 0.7


def test_a_default_file_that_cannot_be_reached_is_not_taken_for_absent(monkeypatch, tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.setattr(loading, "DEFAULT_FILE", tmp_path / "loop" / "edged.toml")
    assert problems(None) == [f"{tmp_path}/loop/edged.toml: too many levels of symbolic links"]


def test_every_key_has_an_origin_and_nothing_else_has(write):
    origins = loaded(write("")).origins
    names = {name.replace("[0]", "[]") for name in origins}
    assert names == set(KEYS) - {"heads.word"}


def test_each_value_knows_its_file_and_line_its_variable_or_the_command_line(write):
    base = write("[heads]\nthreshold = 0.7\nrefractory_s = 1\n[[heads.word]]\nname = 'b'\n", "base.toml")
    file = write(
        '# mine\nextends = "base.toml"\n\n[heads]\nthreshold = 0.6\n\n[[heads.word]]\nname = "a"\nlag_ms=9\n'
    )
    result = loaded(file, {"EDGED__LISTEN__PRE_ROLL_MS": "200"}, {"audio.source": "wav:x.wav"})
    assert result.config.heads.threshold == 0.6
    assert result.config.heads.refractory_s == 1.0
    assert result.config.heads.word == (Word(name="a", lag_ms=9),)
    assert result.config.listen.pre_roll_ms == 200
    assert result.files == (file, base)
    assert {name: origin for name, origin in result.origins.items() if origin != "default"} == {
        "heads.threshold": f"{file}:5",
        "heads.refractory_s": f"{base}:3",
        "heads.word[0].name": f"{file}:8",
        "heads.word[0].lag_ms": f"{file}:9",
        "listen.pre_roll_ms": "environment EDGED__LISTEN__PRE_ROLL_MS",
        "audio.source": "command line",
    }


def test_the_command_line_beats_the_environment_beats_the_file_beats_its_parent(write):
    write("[listen]\nmin_speech_ms = 1\npre_roll_ms = 1\nvad_threshold = 0.1\nvad = 'p'\n", "base.toml")
    file = write("extends='base.toml'\n[listen]\nmin_speech_ms = 2\npre_roll_ms = 2\nvad_threshold = 0.2\n")
    environ = {"EDGED__LISTEN__MIN_SPEECH_MS": "3", "EDGED__LISTEN__PRE_ROLL_MS": "3"}
    listen = loaded(file, environ, {"listen.min_speech_ms": 4, "listen.vad": None}).config.listen
    assert (listen.min_speech_ms, listen.pre_roll_ms, listen.vad_threshold, listen.vad) == (4, 3, 0.2, "p")


def test_lists_replace_the_lists_of_the_parent(write):
    write('[models]\naccept_licences = ["A", "B"]\n', "base.toml")
    assert (
        loaded(write("extends='base.toml'\n[models]\naccept_licences=[]\n")).config.models.accept_licences
        == ()
    )


def test_a_replaced_list_keeps_nothing_of_where_the_old_one_stood(write):
    write("[[heads.word]]\nname = 'a'\n[[heads.word]]\nname = 'b'\n", "base.toml")
    file = write("extends = 'base.toml'\n[heads]\nword = [{name = 'c'}]\n")
    assert loaded(file).origins["heads.word[0].name"] == f"{file}:3"


def test_extends_is_relative_to_the_file_that_says_it(tmp_path, write):
    (tmp_path / "boards").mkdir()
    write("[heads]\npatience = 2\npatience_window = 4\n", "boards/rock.toml")
    write('extends = "rock.toml"\n', "boards/mine.toml")
    assert loaded(write('extends = "boards/mine.toml"\n')).config.heads.patience_window == 4


def test_a_table_over_a_wrong_scalar_of_the_parent_takes_its_place(write):
    write("heads = 3\n", "base.toml")
    assert loaded(write("extends='base.toml'\n[heads]\nthreshold = 0.9\n")).config.heads.threshold == 0.9


def test_a_byte_order_mark_and_windows_line_ends_are_read(write):
    file = write(b"\xef\xbb\xbf[heads]\r\nthreshold = 0.9\r\n")
    assert loaded(file).origins["heads.threshold"] == f"{file}:2"


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("EDGED__HEADS__THRESHOLD", "0.25", ("heads", "threshold"), 0.25),
        ("EDGED__RECOGNIZE__ENABLED", "false", ("recognize", "enabled"), False),
        ("EDGED__RECOGNIZE__MODEL", "zipformer-en", ("recognize", "model"), "zipformer-en"),
        ("EDGED__RECOGNIZE__MODEL", '"zipformer-en"', ("recognize", "model"), "zipformer-en"),
        ("EDGED__RECOGNIZE__MODEL", "2025", ("recognize", "model"), "2025"),
        ("EDGED__AUDIO__SOURCE", "", ("audio", "source"), ""),
        ("EDGED__AUDIO__SOURCE", "a\nb = 1", ("audio", "source"), "a\nb = 1"),
        ("EDGED__AUDIO__CHANNEL", "mix", ("audio", "channel"), "mix"),
        ("EDGED__AUDIO__CHANNEL", "1", ("audio", "channel"), 1),
        ("EDGED__MODELS__DIR", "/srv/models", ("models", "dir"), Path("/srv/models")),
        ("EDGED__MODELS__DIR", "2025", ("models", "dir"), Path("2025")),
        ("EDGED__MODELS__ACCEPT_LICENCES", '["A"]', ("models", "accept_licences"), ("A",)),
        ("EDGED__HEADS__WORD", '[{name = "a", patience_window = 3}]', ("heads", "word"), None),
        ("EDGED__HEADS__WORD", '[{"name": "a", "patience_window": 3}]', ("heads", "word"), None),
        ("EDGED__SINKS__JSONL__SCORES", "true", ("sinks", "jsonl"), None),
    ],
)
def test_a_variable_holds_toml_json_or_plain_text(write, name, text, key, value):
    section, entry = key
    got = getattr(getattr(loaded(write(""), {name: text}).config, section), entry)
    if name.endswith("WORD"):
        assert got == (Word(name="a", patience_window=3),)
    elif name.endswith("SCORES"):
        assert got.scores is True
    else:
        assert got == value
        assert type(got) is type(value) or isinstance(got, Path)


def test_other_variables_are_not_configuration(write):
    environ = {"EDGED_SYSROOT": "/x", "EDGED_TEST_ASSETS": "/y", "EDGED_HEADS_THRESHOLD": "9", "PATH": "/bin"}
    assert loaded(write(""), environ).config == Config()


# what is refused, and how


def test_all_problems_come_at_once_each_with_place_and_way_out(write, not_built):
    write("[heads]\nrefractory_s = -1\n", "base.toml")
    not_built("serve.dashboard.enabled", "the dashboard")
    file = write(
        """extends = "base.toml"
[heads]
treshold = 0.5
threshold = 1.5
[[heads.word]]
model = "x"
[listen]
trailing_silence = "long"
vad = 7
[recognize]
threads = 0
[haeds]
x = 1
[serve.dashboard]
enabled = true
"""
    )
    environ = {"EDGED__HEADS__PATIENSE": "3", "EDGED__TELEMETRY__STATS_S": "soon"}
    assert problems(file, environ, {"heads.patience": 0}) == [
        f"{file.parent}/base.toml:2: [heads] refractory_s = -1: must be a number of at least 0",
        f"{file}:3: [heads] treshold: unknown key; did you mean 'threshold'?",
        f"{file}:4: [heads] threshold = 1.5: must be a number from 0 to 1",
        f"{file}:5: [[heads.word]] name: missing; must be text of 1 to 64 characters",
        f'{file}:8: [listen] trailing_silence = "long": '
        'must be one of "aggressive", "default", "relaxed" or a number above 0',
        f"{file}:9: [listen] vad = 7: must be text",
        f"{file}:11: [recognize] threads = 0: must be a whole number from 1 to 8",
        f"{file}:12: haeds: unknown table; did you mean 'heads'?",
        f"{file}:15: [serve.dashboard] enabled: "
        "the dashboard is not built yet in this version; remove the key",
        "command line: heads.patience = 0: must be a whole number of at least 1",
        "environment EDGED__HEADS__PATIENSE: unknown key; did you mean EDGED__HEADS__PATIENCE?",
        'environment EDGED__TELEMETRY__STATS_S = "soon": must be a number above 0',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[heads]\nthreshold = '0.5'\n", ':2: [heads] threshold = "0.5": must be a number from 0 to 1'),
        ("[heads]\nthreshold = true\n", ":2: [heads] threshold = true: must be a number from 0 to 1"),
        ("[heads]\nthreshold = nan\n", ":2: [heads] threshold = NaN: must be a number from 0 to 1"),
        ("[heads]\nthreshold = 1e999\n", ":2: [heads] threshold = Infinity: must be a number from 0 to 1"),
        ("[heads]\npatience = 1.5\n", ":2: [heads] patience = 1.5: must be a whole number of at least 1"),
        ("[heads]\nvad_lookback_s = 0\n", "vad_lookback_s = 0: must be a number above 0 and at most 5"),
        ("[heads]\nbackend = 'tpu'\n", 'backend = "tpu": must be one of "auto", "cpu", "rknn"'),
        ("[heads]\nfallback = ['gpu']\n", ':2: [heads] fallback = ["gpu"]: must be a list of "cpu"'),
        ("heads = 5\n", ":1: heads = 5: must be a table"),
        ("[heads.word]\nname = 'a'\n", "must be a list of tables: write [[heads.word]]"),
        ("[heads]\nword = [1]\n", ":2: [heads] word[0] = 1: must be a table"),
        ("[heads]\nword = []\n", ":2: [heads] word = []: at least one wake word is needed"),
        (
            "[heads]\nword = [{name = ''}]\n",
            ':2: [[heads.word]] name = "": must be text of 1 to 64 characters',
        ),
        ("[recognize]\nenabled = 'yes'\n", 'enabled = "yes": must be true or false'),
        ("[models]\naccept_licences = 'A'\n", 'accept_licences = "A": must be a list of text'),
        ("[models]\ndir = 1979-05-27\n", 'dir = "1979-05-27": must be a path'),
        ("[audio]\nchannel = -1\n", 'channel = -1: must be "mix" or a whole number of at least 0'),
        ("[listen]\ngain_db = 3\n", ":2: [listen] gain_db: unknown key; did you mean 'gain_db' of [audio]?"),
        ("[heads]\nlag_ms = 3\n", "lag_ms: unknown key; did you mean 'lag_ms' of [heads.word]?"),
        ("[recognize]\nqqq = 3\n", "qqq: unknown key; known: enabled, model, mode,"),
        ('"heads.threshold" = 1\n', ":1: heads.threshold: unknown key; "),
        ('"clips.enabled" = true\n', ":1: clips.enabled: unknown key; "),
        ("[sinks.mqtt]\nhost = 3\n", "[sinks.mqtt] host = 3: must be text"),
        ("[sinks.hooks]\ncommands = 'x'\n", '[sinks.hooks] commands = "x": must be a table'),
        (
            "[clips]\nenabled = true\nkinds = []\n",
            ":3: [clips] kinds = []: keeps nothing; say enabled = false",
        ),
        ("[clips]\nquota_mb = -1\n", "[clips] quota_mb = -1: must be a whole number from 1 to 100000"),
        ("[recognize]\nmodel = " + '"' + "x" * 500 + "\x01" + '"\n', "not TOML: "),
        ("[recognize]\nthreads = " + '"' + "x" * 500 + '"\n', "x…: must be a whole number from 1 to 8"),
        ("[heads\n", ":1: not TOML: expected ']' at the end of a table declaration (column 7)"),
        ("[heads]\n\nthreshold = \n", ":3: not TOML: invalid value (column 13)"),
        ("a = '''", "edged.toml: not TOML: "),
        ("[heads]\nthreshold = 1\nthreshold = 2\n", ":3: not TOML: cannot overwrite a value (column 14)"),
        (b"[heads]\nthreshold = 0.5 # \xff\n", "edged.toml: not UTF-8 text (byte 26)"),
        ("a = " + "[" * 5000 + "]" * 5000, "edged.toml: lists or tables are nested too deeply"),
        ("extends = 3\n", ":1: extends: must be the path of one TOML file"),
        ("extends = ['a', 'b']\n", ":1: extends: must be the path of one TOML file"),
        ("\nextends = 'no.toml'\n", ':2: extends = "no.toml": '),
        ("extends = 'edged.toml'\n", ':1: extends = "edged.toml": makes a circle: '),
    ],
)
def test_a_bad_file_is_answered_by_one_sentence(write, text, said):
    file = write(text)
    (one,) = problems(file)
    assert said in one
    assert one.startswith(str(file))
    assert "\n" not in one
    assert "pydantic" not in one


def test_a_circle_over_several_files_is_told_in_order(write):
    for name, parent in (("a", "b"), ("b", "c"), ("c", "a")):
        write(f"extends = '{parent}.toml'\n", f"{name}.toml")
    folder = write("").parent
    (one,) = problems(folder / "a.toml")
    path = " -> ".join(f"{folder}/{name}.toml" for name in "abca")
    assert one == f'{folder}/c.toml:1: extends = "a.toml": makes a circle: {path}'


def test_a_lost_parent_does_not_hide_the_problems_of_the_file(write):
    assert len(problems(write("extends = 'no.toml'\n[heads]\nthreshold = 2\n"))) == 2


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    assert problems(tmp_path / "no.toml") == [f"{tmp_path}/no.toml: no such file or directory"]
    assert problems(tmp_path) == [f"{tmp_path}: is a directory"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("EDGED__THRESHOLD", "1", "environment EDGED__THRESHOLD: not of the form EDGED__SECTION__KEY"),
        ("EDGED__HEADS__", "1", "environment EDGED__HEADS__: not of the form EDGED__SECTION__KEY"),
        ("EDGED__heads__threshold", "1", "variables are written in capitals: EDGED__HEADS__THRESHOLD"),
        ("EDGED__HEADS__THRESHOLD", "\udcff", "environment EDGED__HEADS__THRESHOLD: not UTF-8 text"),
        ("EDGED__HEADS__THRESHOLD", "high", 'THRESHOLD = "high": must be a number from 0 to 1'),
        ("EDGED__HEADS__THRESHOLD__X", "1", "nothing lies below EDGED__HEADS__THRESHOLD, which is one value"),
        ("EDGED__HEADS__WORD__0__NAME", "a", "nothing lies below EDGED__HEADS__WORD, which is one value"),
        ("EDGED__HEADS__WORD", "[" * 300 + "]" * 300, "nested too deeply"),
    ],
)
def test_a_bad_variable_is_answered_by_one_sentence(write, name, text, said):
    (one,) = problems(write(""), {name: text})
    assert said in one
    assert "sesame" not in one


def test_a_variable_of_a_part_not_built_is_answered_by_name(write, not_built):
    not_built("serve.dashboard.enabled", "the dashboard")
    (one,) = problems(write(""), {"EDGED__SERVE__DASHBOARD__ENABLED": "true"})
    assert "DASHBOARD__ENABLED: the dashboard is not built yet" in one


# rules between keys


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        (
            "rearm_below = 0.6",
            "[heads] rearm_below = 0.6: must not be above the threshold of 'hey_jarvis', 0.5",
        ),
        (
            'threshold = 0.9\nrearm_below = 0.6\nword = [{name = "a"}, {name = "b", threshold = 0.3}]',
            ":3: [heads] rearm_below = 0.6: must not be above the threshold of 'b', 0.3",
        ),
        (
            "[[heads.word]]\nname = 'a'\nrearm_below = 0.6",
            ":4: [[heads.word]] rearm_below = 0.6: must not be above",
        ),
        ("threshold = 0.0", ":2: [heads] threshold = 0.0: hears 'hey_jarvis' in every sound; 0.5 is usual"),
        ("rearm_below = 0", "rearm_below = 0: no score falls below, so 'hey_jarvis' is heard only once"),
        ("word = [{name = 'a', threshold = 0}]", "[[heads.word]] threshold = 0: hears 'a' in every sound"),
        (
            "patience = 3",
            "patience = 3: 'hey_jarvis' needs 3 hops among the last 1; set patience_window to 3 or more",
        ),
        ("patience = 3\n[[heads.word]]\nname='a'\npatience_window = 2", "'a' needs 3 hops among the last 2"),
        (
            "patience_window = 2\n[[heads.word]]\nname='a'\npatience = 4",
            ":5: [[heads.word]] patience = 4: 'a' needs",
        ),
        (
            "[[heads.word]]\nname='a'\n[[heads.word]]\nname='a'",
            ':5: [[heads.word]] name = "a": wake word 1 has this name already; names must differ',
        ),
        (
            "word = [{name = 'halt', role = 'stop'}]",
            'only stop words: at least one word of role = "wake" is needed',
        ),
        ("word = [{name = 'halt', role = 'end'}]", 'role = "end": must be one of "wake", "stop"'),
    ],
)
def test_rules_between_keys_of_the_heads_are_told_at_the_key_that_was_set(write, heads, said):
    (one,) = problems(write(f"[heads]\n{heads}\n"))
    assert said in one


def test_a_fault_of_the_common_keys_is_told_once_for_all_words(write):
    words = "".join(f"[[heads.word]]\nname = '{name}'\n" for name in "abc")
    (one,) = problems(write(f"[heads]\npatience = 3\n{words}"))
    assert "[heads] patience = 3: 'a' needs" in one


@pytest.mark.parametrize(
    "heads",
    [
        "threshold = 0.2",  # the default rearm_below gives way
        "threshold = 0.6\nrearm_below = 0.6",
        "patience = 3\npatience_window = 3",
        "patience_window = 4",
        "patience = 3\n[[heads.word]]\nname = 'a'\npatience_window = 5",
        "rearm_below = 0.6\n[[heads.word]]\nname = 'a'\nthreshold = 0.8",
    ],
)
def test_rules_let_good_combinations_pass(write, heads):
    loaded(write(f"[heads]\n{heads}\n"))


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        (
            "trailing_silence = 15.0",
            "trailing_silence = 15.0: silence of 15 s cannot end a command of at most 15 s",
        ),
        ("max_length_s = 0.5", "max_length_s = 0.5: silence of 0.7 s cannot end a command of at most 0.5 s"),
        (
            "min_speech_ms = 20000",
            "min_speech_ms = 20000: 20000 ms of speech do not fit into max_length_s = 15",
        ),
        ("no_speech_timeout_s = 20", "no_speech_timeout_s = 20: must not be above max_length_s, 15"),
        ("max_length_s = 4\nfollow_up_s = 5", "follow_up_s = 5: must not be above max_length_s, 4"),
        (
            "stable_s = 15",
            "stable_s = 15: a text that stands for 15 s cannot end a command of at most 15 s; 0 leaves the",
        ),
        ('stop_words = ["stop", "?!"]', "'?!' has no letter or digit: it would never be heard"),
    ],
)
def test_rules_between_keys_of_listening(write, listen, said):
    (one,) = problems(write(f"[listen]\n{listen}\n"))
    assert said in one


def test_a_short_command_does_not_need_a_shorter_timeout(write):
    loaded(write("[listen]\nmax_length_s = 3\n"))
    loaded(write("[listen]\nmax_length_s = 1.5\n"))


# whatever comes

JUNK = st.recursive(
    st.one_of(
        st.booleans(), st.integers(-3, 70000), st.floats(), st.sampled_from(["", "auto", "mix", "wav:x"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=3,
)


@given(st.dictionaries(st.sampled_from(sorted(KEYS)), JUNK, max_size=4))
def test_any_value_at_any_key_is_taken_or_refused_in_words(values):
    overrides = {name.replace("[]", ""): value for name, value in values.items()}
    try:
        result = load(Path(os.devnull), {}, overrides)
    except ConfigError as exc:
        assert exc.problems
        assert all("\n" not in problem and "command line" in problem for problem in exc.problems)
    else:
        for name, origin in result.origins.items():
            assert origin == ("command line" if any(name.startswith(key) for key in overrides) else "default")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("config") / "x.toml"
    file.write_bytes(content)
    try:
        load(file, {})
    except ConfigError as exc:
        assert all(str(file) in problem for problem in exc.problems)
    else:
        tomllib.loads(content.decode("utf-8-sig"))


def test_the_committed_schema_is_the_one_the_classes_draw():
    committed = Path(__file__).parents[2] / "docs" / "config.schema.json"
    assert json.loads(committed.read_text()) == json_schema()
