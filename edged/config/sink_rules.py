"""Rules of the places where events go: what could never work is refused before anything is opened."""

import difflib
import shlex
from collections.abc import Iterator
from pathlib import Path

from edged.config.hook_names import ALIASES, EVENTS, SAID, event_of
from edged.config.keys import Place
from edged.config.schema import Hooks, Mqtt, Sinks, Table

LONGEST_SOCKET = 107
"""Bytes of a unix socket's path, by the kernel (unix(7))."""

Broken = Iterator[tuple[Place, str]]


def broken_sinks(sinks: Sinks) -> Broken:
    """Yield place and fault of each broken rule."""
    yield from _socket(sinks.socket.path)
    yield from _hooks(sinks.hooks)
    yield from _mqtt(sinks.mqtt)


def _socket(path: str) -> Broken:
    place = ("sinks", "socket", "path")
    if path and (not Path(path).is_absolute() or "\0" in path):
        yield place, "must be an absolute path, e.g. /run/edged/edged.sock"
    elif len(path.encode()) > LONGEST_SOCKET:
        yield place, f"has {len(path.encode())} bytes; a unix socket's path has at most {LONGEST_SOCKET}"


def _hooks(hooks: Hooks) -> Broken:
    for name, command in hooks.commands.items():
        place = ("sinks", "hooks", "commands", name)
        if event_of(name) is None:
            near = difflib.get_close_matches(name, [*EVENTS, *ALIASES, *SAID], n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"events: {', '.join(EVENTS)}"
            yield place, f"no event that a hook hears of; {hint}"
        try:
            words = shlex.split(command)
        except ValueError as exc:
            yield place, f"is no command line: {str(exc).lower()}"
        else:
            if not words or not words[0] or "\0" in command:
                yield place, "must be a command line: a program and what it is given"
    for key in () if hooks.commands else _changed(hooks):
        yield ("sinks", "hooks", key), "without commands nothing is run; set commands, or remove the key"


def _mqtt(mqtt: Mqtt) -> Broken:
    def place(key: str) -> Place:
        return ("sinks", "mqtt", key)

    if not mqtt.host:
        for key in _changed(mqtt):
            yield place(key), "without host nothing is sent; set host, or remove the key"
        return
    if any(mark in mqtt.host for mark in "/@ \0") or mqtt.host.count(":") == 1:
        yield place("host"), "must be a name or an address alone, e.g. 192.168.1.2; the port has its own key"
    if mqtt.password and not mqtt.username:
        yield place("password"), "MQTT knows no password without a username; set username"
    if mqtt.ca and not mqtt.tls:
        yield place("ca"), "is only looked at with TLS; set tls = true"
    elif mqtt.ca and not Path(mqtt.ca).is_absolute():
        yield place("ca"), "must be an absolute path"
    if not _is_topic(mqtt.prefix):
        yield place("prefix"), "must be a topic such as edged or home/ears, without + and # and empty levels"
    if mqtt.site_id and (not _is_topic(mqtt.site_id) or "/" in mqtt.site_id):
        yield place("site_id"), "must be one level of a topic: no /, + or #"


def _changed(table: Table) -> list[str]:
    """Return the keys of a table that differ from their defaults: `config show` writes them all."""
    default = type(table)()
    return [key for key in type(table).model_fields if getattr(table, key) != getattr(default, key)]


def _is_topic(text: str) -> bool:
    return all(text.split("/")) and not any(mark in text for mark in "+#\0") and not text.startswith("$")
