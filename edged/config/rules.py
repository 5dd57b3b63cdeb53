"""Rules between keys, which no single key can break."""

import re
from collections.abc import Callable, Iterator

from edged.config.address import Address, parse
from edged.config.keys import Place
from edged.config.schema import Config, Heads, Listen, Serve, Server, Word, WyomingServer
from edged.config.sink_rules import broken_sinks

TRAILING_SILENCE_S = {"aggressive": 0.25, "default": 0.7, "relaxed": 1.25}
"""Seconds of each named setting, as in Home Assistant."""

FRONT_ENDS = ("wyoming", "funasr", "sherpa", "openai", "dashboard")
"""Tables under [serve] that listen."""

MOST_NAME_BYTES = 63
"""Of one label in DNS."""

MIRROR = re.compile(r"https?://[^\s@?#/]+(/[^\s@?#]*)?|[/~].*")


def broken_rules(config: Config, is_set: Callable[[Place], bool]) -> Iterator[tuple[Place, str]]:
    """Yield place and fault of each broken rule; `is_set` tells a written value from a default."""
    yield from _words(config)
    yield from _activation(config, is_set)
    yield from _listen(config.listen, is_set)
    yield from _metrics(config.telemetry.metrics)
    if config.clips.enabled and not config.clips.kinds:
        yield ("clips", "kinds"), "keeps nothing; say enabled = false to switch clips off"
    yield from _serve(config.serve)
    yield from broken_sinks(config.sinks)
    if config.models.mirror and not MIRROR.fullmatch(config.models.mirror):
        where = "http://, https:// or an absolute path; a password belongs into ~/.netrc"
        yield ("models", "mirror"), f"must be {where}"


def _words(config: Config) -> Iterator[tuple[Place, str]]:
    if not config.heads.word:
        yield ("heads", "word"), "at least one wake word is needed"
    elif all(word.role == "stop" for word in config.heads.word):
        yield ("heads", "word"), 'only stop words: at least one word of role = "wake" is needed'
    seen: dict[str, int] = {}
    for index, word in enumerate(config.heads.word):
        if word.name in seen:
            what = f"wake word {seen[word.name] + 1} has this name already; names must differ"
            yield ("heads", "word", index, "name"), what
        seen.setdefault(word.name, index)


def _activation(config: Config, is_set: Callable[[Place], bool]) -> Iterator[tuple[Place, str]]:
    """Rules that hold for each word with what it takes from [heads]; a fault of [heads] is told once."""
    told: set[Place] = set()
    for index, word in enumerate(config.heads.word):
        for where, what in _word(config.heads, index, word, is_set):
            if where not in told:
                told.add(where)
                yield where, what


def _word(
    heads: Heads, index: int, word: Word, is_set: Callable[[Place], bool]
) -> Iterator[tuple[Place, str]]:
    def place(key: str) -> Place:
        """Return where the value this word takes was written, or would be."""
        return ("heads", "word", index, key) if getattr(word, key) is not None else ("heads", key)

    threshold = heads.threshold if word.threshold is None else word.threshold
    rearm = heads.rearm_below if word.rearm_below is None else word.rearm_below
    if threshold <= 0:
        yield place("threshold"), f"hears '{word.name}' in every sound; 0.5 is usual"
    if rearm <= 0:
        yield (
            place("rearm_below"),
            f"no score falls below, so '{word.name}' is heard only once; 0.35 is usual",
        )
    # the default steps down by itself: re-arming is below it *or* the threshold
    elif rearm > threshold and is_set(place("rearm_below")):
        yield place("rearm_below"), f"must not be above the threshold of '{word.name}', {threshold:g}"
    patience = heads.patience if word.patience is None else word.patience
    window = heads.patience_window if word.patience_window is None else word.patience_window
    if patience > window:
        where = place("patience") if is_set(place("patience")) else place("patience_window")
        way_out = f"set patience_window to {patience} or more"
        yield where, f"'{word.name}' needs {patience} hops among the last {window}; {way_out}"


def _listen(listen: Listen, is_set: Callable[[Place], bool]) -> Iterator[tuple[Place, str]]:
    longest = listen.max_length_s
    silence = listen.trailing_silence
    seconds = TRAILING_SILENCE_S[silence] if isinstance(silence, str) else silence
    if seconds >= longest:
        key = "trailing_silence" if is_set(("listen", "trailing_silence")) else "max_length_s"
        yield ("listen", key), f"silence of {seconds:g} s cannot end a command of at most {longest:g} s"
    if listen.min_speech_ms >= longest * 1000:
        key = "min_speech_ms" if is_set(("listen", "min_speech_ms")) else "max_length_s"
        yield (
            ("listen", key),
            f"{listen.min_speech_ms} ms of speech do not fit into max_length_s = {longest:g}",
        )
    if listen.no_speech_timeout_s > longest and is_set(("listen", "no_speech_timeout_s")):
        yield ("listen", "no_speech_timeout_s"), f"must not be above max_length_s, {longest:g}"
    if listen.follow_up_s > longest:
        yield ("listen", "follow_up_s"), f"must not be above max_length_s, {longest:g}"
    if listen.stable_s >= longest and is_set(("listen", "stable_s")):
        what = f"a text that stands for {listen.stable_s:g} s cannot end a command of at most {longest:g} s"
        yield ("listen", "stable_s"), f"{what}; 0 leaves the text out of it"
    for index, phrase in enumerate(listen.stop_words):
        if not any(letter.isalnum() for letter in phrase):
            yield (
                ("listen", "stop_words", index),
                f"{phrase!r} has no letter or digit: it would never be heard",
            )


def _metrics(said: str) -> Iterator[tuple[Place, str]]:
    if not said:
        return
    address = parse(said)
    if address is None:
        yield ("telemetry", "metrics"), "must be HOST:PORT, e.g. 127.0.0.1:9109"
    elif not address.loopback:
        way_out = f"use 127.0.0.1:{address.port}, and a proxy that asks for a password in front of it"
        yield ("telemetry", "metrics"), f"would be open to the network without a password; {way_out}"


def _serve(serve: Serve) -> Iterator[tuple[Place, str]]:
    """Nothing listens beyond this machine by accident, and no two front ends on one port."""
    if serve.tls_key and not serve.tls_cert:
        yield ("serve", "tls_key"), "is of no use without tls_cert"
    taken: dict[int, str] = {}
    for name in FRONT_ENDS:
        server: Server = getattr(serve, name)
        if not server.enabled:
            continue
        if not Address(server.bind, server.port).loopback and not serve.allow_plain:
            if name == "wyoming":
                way_out = (
                    "Wyoming has no place for a token: set [serve] allow_plain = true, or bind 127.0.0.1"
                )
                yield ("serve", name, "bind"), f"would be open to the network without a password; {way_out}"
            elif not serve.token:
                way_out = "set [serve] token, or allow_plain = true, or bind 127.0.0.1"
                yield ("serve", name, "bind"), f"would be open to the network without a password; {way_out}"
        if server.port and server.port in taken:
            yield (
                ("serve", name, "port"),
                f"{server.port} is the port of [serve.{taken[server.port]}] already",
            )
        taken.setdefault(server.port, name)
    port = serve.wyoming.satellite_port
    if serve.wyoming.enabled and serve.wyoming.satellite and port and port in taken:
        yield ("serve", "wyoming", "satellite_port"), f"{port} is the port of [serve.{taken[port]}] already"
    yield from _wyoming(serve.wyoming)


def _wyoming(wyoming: WyomingServer) -> Iterator[tuple[Place, str]]:
    if wyoming.announce and Address(wyoming.bind, wyoming.port).loopback:
        what = f"nobody else reaches {wyoming.bind}; bind an address of the network, or announce nothing"
        yield ("serve", "wyoming", "announce"), what
    if len(wyoming.name.encode()) > MOST_NAME_BYTES:
        yield ("serve", "wyoming", "name"), f"is longer than mDNS takes: at most {MOST_NAME_BYTES} bytes"
    for key in () if wyoming.satellite else ("area", "end_stage", "satellite_port"):
        if getattr(wyoming, key) != getattr(WyomingServer(), key):
            yield ("serve", "wyoming", key), "is a satellite's; set satellite = true, or remove the key"
    if "." in wyoming.name or not wyoming.name.isprintable():
        yield ("serve", "wyoming", "name"), "must have no dot and no control character"
