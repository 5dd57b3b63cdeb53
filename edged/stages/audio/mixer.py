"""Mixer controls of a card, set before it captures: boot scripts of some images mute the microphone."""

import logging
import os
import subprocess

log = logging.getLogger(__name__)

AMIXER_S = 2.0
"""Seconds that amixer may take: it waits for nothing but a driver."""


def set_mixer(card: str, controls: tuple[tuple[str, str], ...]) -> None:
    """Set controls, name and value as amixer takes them; what fails is one warning.

    card: id or index. Sound may come all the same: nothing is raised.
    """
    failed = [f"{name} = {value} ({why})" for name, value in controls if (why := _set(card, name, value))]
    if failed:
        log.warning("audio.mixer: card %s: not set: %s; see `amixer -c %s`", card, "; ".join(failed), card)


def _set(card: str, name: str, value: str) -> str:
    """Set a control; return why not, or nothing."""
    command = ["amixer", "-c", card, "--", "sset", name, *value.split()]
    environ = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environ,
            timeout=AMIXER_S,
            check=False,
        )
    except FileNotFoundError:
        return "amixer is not installed: apt install alsa-utils"
    except subprocess.TimeoutExpired:
        return f"no answer within {AMIXER_S:g} s"
    except (OSError, ValueError) as exc:  # ValueError: a null byte
        return str(exc)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return (
        ""
        if not done.returncode
        else (said[0] if said else f"status {done.returncode}").removeprefix("amixer: ")
    )
