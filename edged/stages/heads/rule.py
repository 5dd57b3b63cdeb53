"""What one wake word asks of its scores, and a refusal of what can never be met."""

from dataclasses import dataclass
from typing import Literal, TypeVar

from edged.config.schema import Heads, Word
from edged.errors import ConfigError
from edged.geometry import SAMPLE_RATE

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rule:
    """When one word counts as heard."""

    word: str
    threshold: float
    """Score that counts; over 0, up to 1."""
    rearm_below: float
    """After an activation the score must fall below this, or below the threshold where that is lower."""
    patience: int
    """Hops at or over the threshold, among the last `patience_window`."""
    patience_window: int
    refractory: int
    """Samples after an activation in which this word makes no other."""
    vad_threshold: float
    """Speech probability needed in the look-back; 0 switches the gate off."""
    lag: int
    """Samples from the end of the word to the end of the first hop over the threshold; may be negative."""
    role: Literal["wake", "stop"] = "wake"
    """What it is for: to begin a command, or to cancel one."""

    def __post_init__(self) -> None:
        """Refuse rules that could never make an activation, or only one.

        Raises:
            ConfigError: one sentence per problem.
        """
        name = f"wake word {self.word!r}"
        problems: list[str] = []
        if self.patience > self.patience_window:
            problems.append(
                f"{name}: patience {self.patience} can never be met among the last {self.patience_window} "
                f"hops; raise patience_window to {self.patience} or more"
            )
        if self.threshold <= 0:
            problems.append(f"{name}: threshold 0 hears the word in every sound; 0.5 is usual")
        if self.rearm_below <= 0:
            problems.append(
                f"{name}: no score falls below rearm_below 0, so the word would be heard once and never "
                "again; 0.35 is usual"
            )
        if problems:
            raise ConfigError(*problems)


def _chosen(own: T | None, common: T) -> T:
    return common if own is None else own


def rule_of(word: Word, heads: Heads, lag_ms: int) -> Rule:
    """Return the rule of a configured word; `lag_ms` is its model's own and counts where the file has none.

    Raises:
        ConfigError: the values contradict each other.
    """
    return Rule(
        word=word.name,
        threshold=_chosen(word.threshold, heads.threshold),
        rearm_below=_chosen(word.rearm_below, heads.rearm_below),
        patience=_chosen(word.patience, heads.patience),
        patience_window=_chosen(word.patience_window, heads.patience_window),
        refractory=round(_chosen(word.refractory_s, heads.refractory_s) * SAMPLE_RATE),
        vad_threshold=_chosen(word.vad_threshold, heads.vad_threshold),
        lag=_chosen(word.lag_ms, lag_ms) * SAMPLE_RATE // 1000,
        role=word.role,
    )
