"""Whether the recognizer has too much to do, and for how long a smaller model takes its place. Pure."""

from dataclasses import dataclass, replace

SLOW = 1.0
"""Seconds that a text may take per second of its sound."""

SLOW_IN_A_ROW = 3
"""Texts in a row that took longer: one late text is the machine's fault as often."""

SHORTEST_S = 1.0
"""Seconds that any sound counts for at least: what a text costs at its ends would make short ones slow."""

REST_S = 60.0
"""Seconds without trouble before the larger model is tried again, the first time."""

LONGEST_REST_S = 3600.0

RELAPSE_S = 600.0
"""Trouble so soon after the larger model was tried again doubles the rest."""

COOLER_C = 5.0
"""How far below its limit the temperature must be, lest it is passed at once again."""


@dataclass(frozen=True, slots=True)
class Strain:
    """What has been seen of the load so far."""

    small: bool = False
    """The smaller model is to be asked."""
    why: str = ""
    """What changed that last, as the end of a sentence."""
    slow: int = 0
    """Texts in a row that took too long."""
    trouble: float = 0.0
    """Clock at which there was trouble last."""
    rest_s: float = REST_S
    """Seconds without trouble that it takes now."""
    back: float | None = None
    """Clock at which the larger model was tried again last."""


def answered(strain: Strain, audio_s: float, took_s: float, now: float) -> Strain:
    """Note a text: how long its sound was, and how long it took, the longer of work and waiting."""
    ratio = took_s / max(audio_s, SHORTEST_S)
    slow = strain.slow + 1 if ratio > SLOW else 0
    strain = replace(strain, slow=slow)
    if slow < SLOW_IN_A_ROW:
        return strain
    return _troubled(strain, f"{slow} texts in a row took longer than their sound, {ratio:.1f} times", now)


def refused(strain: Strain, now: float) -> Strain:
    """Note that an utterance was refused because too much waits."""
    return _troubled(strain, "too many utterances wait for their text", now)


def felt(strain: Strain, celsius: float | None, limit_c: float, now: float) -> Strain:
    """Note the temperature, None where the machine does not tell, and the passing of time.

    limit_c: the larger model is not asked above; 0: at any temperature.
    """
    if limit_c and celsius is not None and celsius > limit_c:
        return _troubled(strain, f"{celsius:.0f} °C, more than smaller_above_c = {limit_c:g}", now)
    if not strain.small or now - strain.trouble < strain.rest_s:
        return strain
    if limit_c and celsius is not None and celsius > limit_c - COOLER_C:
        return strain
    why = f"no trouble for {now - strain.trouble:.0f} s"
    return replace(strain, small=False, why=why, slow=0, back=now)


def _troubled(strain: Strain, why: str, now: float) -> Strain:
    if strain.small:
        return replace(strain, slow=0, trouble=now)
    relapse = strain.back is not None and now - strain.back < RELAPSE_S
    rest_s = min(2 * strain.rest_s, LONGEST_REST_S) if relapse else REST_S
    return replace(strain, small=True, why=why, slow=0, trouble=now, rest_s=rest_s)
