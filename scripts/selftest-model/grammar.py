"""A closed grammar of home commands: templates, slots and the word list that becomes the tokens."""

from __future__ import annotations

import random
import re
from itertools import chain

_SMALL = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]
_SMALL += ["twelve", "fifteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty"]
SLOTS: dict[str, list[str]] = {
    "room": ["kitchen", "living room", "bedroom", "bathroom", "office", "hall", "garage"],
    "light": ["light", "light", "lights", "lights", "lamp"],
    "onoff": ["on", "off"],
    "updown": ["up", "down"],
    "switch": ["turn", "turn", "turn", "switch"],
    "device": ["tv", "fan", "radio", "heating", "music", "bed light", "standing light"],
    "small": _SMALL,
    "number": [*_SMALL, *_TENS, "twenty five", "thirty five", "forty five"],
    "one": ["second", "minute", "hour"],
    "unit": ["seconds", "minutes", "minutes", "minutes", "hours"],
    "colour": ["red", "green", "blue", "white", "yellow"],
    "openclose": ["open", "close"],
    "opening": ["door", "window", "windows", "curtains", "blinds"],
    "side": ["front", "front", "back", "garage"],
    "state": ["open", "closed", "locked", "unlocked"],
    "a": ["a", "a", "the"],
}
"""Alternatives of one slot; a repeated entry is drawn more often."""

TEMPLATES: list[str] = """
6 {switch} {onoff} the {room} {light}
1 {switch} {onoff} {room} {light}
1 would you please turn {onoff} the {room} {light}
2 turn the {room} {light} {onoff}
2 {switch} {onoff} the {light}
1 turn {onoff} all the lights
1 turn {onoff} all of the lights in the {room}
1 turn {onoff} the lights in here
2 turn {onoff} the {device}
1 turn {onoff} {device}
1 set the {room} {light} to {number} percent
1 set {room} lights to {colour}
1 set the {room} {light} to {colour}
1 set {device} brightness to {number} percent
1 set the brightness to {number} percent
4 set {a} timer for {number} {unit}
1 start a timer for {small} {unit}
1 set a timer for {small} hours and {number} minutes
1 set a timer for one {one}
1 set timer
1 set an alarm for {small}
1 set an alarm for {small} thirty
2 cancel the timer
1 cancel timer
1 cancel all timers
1 cancel
1 stop the timer
1 stop
2 pause
1 pause the timer
1 pause timer
2 resume
1 resume the timer
1 resume timer
2 timer status
1 how much time is left
1 how much time is left on the timer
1 turn the volume {updown}
1 turn {updown} the volume
1 volume {updown}
1 set the volume to {number} percent
2 set the temperature to {number} degrees
1 set the {room} temperature to {number} degrees
1 what's the temperature in the {room}
1 what's the temperature
1 what is the outdoor humidity
1 what's the humidity
2 {openclose} the {opening}
1 {openclose} the {room} {opening}
2 lock the {side} door
1 unlock the {side} door
1 is the {side} door {state}
1 the {side} door is {state}
1 play music
1 play the music
1 play the next song
1 stop the music
1 pause the music
1 next song
1 previous song
1 skip
1 skip this song
1 skip on tv
3 what time is it
1 what is the time
1 what's the time
1 what day is it
2 what's the date
1 what is the date
1 what's the weather
1 what is the weather today
1 yes
1 no
1 nevermind
1 help
1 hello
1 thank you
1 good morning
1 good night
""".strip().splitlines()
"""`weight sentence`; a slot in braces is one of SLOTS."""

_WEIGHTS = [int(line.split(" ", 1)[0]) for line in TEMPLATES]
_SENTENCES = [line.split(" ", 1)[1] for line in TEMPLATES]


def sentence(rng: random.Random) -> str:
    """Draw one command, lower case words separated by single spaces."""
    template = rng.choices(_SENTENCES, _WEIGHTS)[0]
    return re.sub(r"{(\w+)}", lambda slot: rng.choice(SLOTS[slot[1]]), template)


def words() -> list[str]:
    """All words the grammar can say, sorted; token id is the index plus one (0 is the blank)."""
    fixed = re.sub(r"{\w+}", " ", " ".join(_SENTENCES)).split()
    return sorted(set(fixed) | set(" ".join(chain.from_iterable(SLOTS.values())).split()))
