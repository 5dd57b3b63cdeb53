"""What a configuration that is read again changes in a running edged: at once, or at its next start."""

from dataclasses import dataclass
from typing import Any

from edged.config.keys import KEYS
from edged.config.schema import Config, Word

LIVE = frozenset(
    {
        *(f"heads.{key}" for key in ("threshold", "rearm_below", "patience", "patience_window")),
        *("heads.refractory_s", "heads.vad_threshold", "heads.vad_lookback_s", "heads.word"),
        *(f"listen.{key}" for key in ("trailing_silence", "no_speech_timeout_s", "max_length_s")),
        *("listen.min_speech_ms", "listen.pre_roll_ms", "listen.vad_threshold", "listen.stable_s"),
        *("listen.follow_up_s", "listen.follow_up_max", "listen.stop_words", "listen.on_wake"),
        *("telemetry.stats_s", "sinks.jsonl.path", "sinks.jsonl.scores"),
        *(f"clips.{key}" for key in ("enabled", "quota_mb", "max_age_days", "kinds", "commands")),
        *("clips.before_s", "clips.after_s", "clips.near_miss_from"),
    }
)
"""Keys whose new value is taken at once. Of `heads.word` only rules are: other words need other models."""


@dataclass(frozen=True, slots=True)
class Reload:
    """One step from a configuration in force to one that was read."""

    config: Config
    """In force from now on."""
    now: tuple[str, ...]
    """Sections that changed, in the order of the schema."""
    later: tuple[str, ...]
    """Keys whose new value waits for the next start."""


def reload(old: Config, new: Config) -> Reload:
    """Return what is in force once `new` was read while `old` runs."""
    differing = _differing(old, new)
    other_words = [_identity(word) for word in old.heads.word] != [_identity(word) for word in new.heads.word]
    # the rules of words that are not there yet may not go with those of the words that are
    held = {key for key in differing if key not in LIVE or (other_words and key.startswith("heads."))}
    config = old
    for key in differing:
        if key not in held:
            config = _with(config, key.split("."), _value(new, key))
    now = dict.fromkeys(_section(key) for key in differing if key not in held)
    return Reload(config, tuple(now), tuple(key for key in differing if key in held))


def _differing(old: Config, new: Config) -> list[str]:
    return [key for key in KEYS if "[]" not in key and _value(old, key) != _value(new, key)]


def _section(key: str) -> str:
    return key.rpartition(".")[0]


def _identity(word: Word) -> tuple[str, str, str, str]:
    """Return what ties a word to its model, and what it is for: the rest of its keys are rules."""
    return word.name, word.model, word.output, word.role


def _value(config: Config, key: str) -> Any:
    here: Any = config
    for part in key.split("."):
        here = getattr(here, part)
    return here


def _with(table: Any, path: list[str], value: Any) -> Any:
    """Return a table with the value at a path replaced."""
    first, *rest = path
    return table.model_copy(update={first: _with(getattr(table, first), rest, value) if rest else value})
