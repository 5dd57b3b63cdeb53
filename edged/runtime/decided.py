"""What is told of a decision over a word: its event, rounded the same wherever it was made. Pure."""

from edged.messages import Activation, Ran, Suppressed
from edged.stages.heads.activation import Heard, Held
from edged.stages.heads.rule import Rule


def activation(rule: Rule, heard: Heard, ran: Ran, latency_ms: float, clip: str | None = None) -> Activation:
    """Return the event of a word that was heard.

    Args:
        rule: of the word.
        heard: the decision.
        ran: what answered.
        latency_ms: from its hop to the decision.
        clip: id of what is kept of it.
    """
    return Activation(
        word=rule.word,
        score=round(heard.score, 4),
        scores=tuple(round(score, 4) for score in heard.scores),
        threshold=rule.threshold,
        end_sample=heard.end_sample,
        backend=ran,
        latency_ms=latency_ms,
        clip=clip,
    )


def suppressed(rule: Rule, held: Held, clip: str | None = None) -> Suppressed:
    """Return the event of a word that was held back."""
    return Suppressed(rule.word, round(held.score, 4), held.reason, clip)
