"""Each key that changes is either in force at once or named as waiting; nothing is taken by halves."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.config.keys import KEYS
from edged.config.reload import LIVE, reload
from edged.config.schema import Config, Heads, Listen, Word

VALUES = {"boolean": True, "integer": 7, "number": 0.25, "string": "x", "array": ["cpu"]}
OTHER = {
    "audio.channel": 1,
    "clips.before_s": 4.5,
    "clips.kinds": ["wake"],
    "audio.mixer": [["Mic", "60%"]],
    "audio.remove_dc": False,
    "audio.dither": False,
    "denoise.path": "wake",
    "features.backend": "cpu",
    "features.precision": "fp16",
    "heads.npu_core": 1,
    "heads.backend": "cpu",
    "heads.word": [{"name": "hey_jarvis", "threshold": 0.9}],
    "listen.trailing_silence": 0.25,
    "listen.on_wake": "restart",
    "models.dir": "/x",
    "recognize.mode": "offline",
    "recognize.npu_core": "2",
    "recognize.decoding": "greedy_search",
    "recognize.enabled": False,
    "service.stall_s": 7.5,
    "sinks.hooks.commands": {"gap": "led"},
    "sinks.mqtt.qos": 0,
    "sinks.mqtt.retain": False,
    "telemetry.sample_s": 2.5,
    "service.placement": "off",
    "service.realtime": "off",
    "serve.funasr.default_mode": "2pass",
    "serve.idle_s": 7.5,
    "serve.sherpa.offline_port": 7,
    "serve.worker_memory_mb": 700,
    "serve.wyoming.end_stage": "tts",
}
"""A value other than the default, where the form alone does not make one."""

BUILT = [name for name, key in KEYS.items() if key.later is None and "[]" not in name]


def with_key(name: str, config: Config | None = None) -> Config:
    """A configuration in which this key is another."""
    value = OTHER.get(name, VALUES.get(KEYS[name].form.get("type", ""), "x"))
    data = (config or Config()).model_dump(mode="json")
    *path, last = name.split(".")
    table = data
    for part in path:
        table = table[part]
    assert table[last] != value, name
    table[last] = value
    return Config.model_validate_json(json.dumps(data))


def value(config: Config, name: str) -> object:
    for part in name.split("."):
        config = getattr(config, part)
    return config


def test_nothing_changed_is_nothing_to_do():
    step = reload(Config(), Config())
    assert (step.config, step.now, step.later) == (Config(), (), ())


@pytest.mark.parametrize("name", BUILT)
def test_a_key_is_in_force_at_once_or_waits_and_is_named(name):
    old, new = Config(), with_key(name)
    step = reload(old, new)
    if name in LIVE:
        assert (step.config, step.now, step.later) == (new, (name.rpartition(".")[0],), ())
    else:
        assert (step.config, step.now, step.later) == (old, (), (name,))


def test_every_live_key_is_a_key_that_is_built():
    assert set(BUILT) >= LIVE


@given(st.sets(st.sampled_from(BUILT), max_size=6))
def test_of_many_keys_each_goes_its_own_way(names):
    new = Config()
    for name in sorted(names):
        new = with_key(name, new)
    step = reload(Config(), new)
    assert set(step.later) == names - LIVE
    assert set(step.now) == {name.rpartition(".")[0] for name in names & LIVE}
    for name in BUILT:
        assert value(step.config, name) == value(new if name in LIVE else Config(), name)
    assert reload(step.config, step.config).now == ()


def test_with_other_words_no_rule_of_the_heads_is_taken():
    old = Config(heads=Heads(word=(Word(name="a", patience=3, patience_window=3),)))
    new = Config(
        heads=Heads(word=(Word(name="b"),), threshold=0.9),
        listen=Listen(pre_roll_ms=9),
    )
    step = reload(old, new)
    assert step.config.heads == old.heads
    assert step.config.listen == new.listen
    assert step.now == ("listen",)
    assert step.later == ("heads.threshold", "heads.word")


def test_a_word_that_is_for_something_else_waits_for_the_next_start():
    old = Config(heads=Heads(word=(Word(name="a"), Word(name="b"))))
    new = Config(heads=Heads(word=(Word(name="a"), Word(name="b", role="stop"))))
    step = reload(old, new)
    assert (step.config, step.now, step.later) == (old, (), ("heads.word",))
