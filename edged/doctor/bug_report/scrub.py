"""Takes out of a text what is nobody's business: secrets, names of hosts and people, numbers of devices."""

import re
from collections.abc import Iterable, Iterator, Mapping
from re import Match

SECRET = "<secret>"

SHORTEST = 2
"""Letters of a private word that is looked for: shorter ones are part of everything."""

SHORTEST_SECRET = 3
"""Letters of a secret that is looked for everywhere; a shorter one only where it is set."""

IPV4 = re.compile(r"(?<![\w.])(?!127\.|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)")
IPV6 = re.compile(
    r"(?<![\w:])(?:(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:)+(?::[0-9a-fA-F]{1,4})+)(?![\w:])"
)
MAC = re.compile(r"(?<![\w:-])[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2}){4}(?![\w:-])")
URL = re.compile(r"\b([a-z][a-z0-9+.-]*://)(?:[^/\s@\"']*@)?([^/:\s\"'\]\[]+|\[[^\]\s]*\])")
LOCAL = re.compile(r"localhost|127\.[\d.]+|\[::1\]|0\.0\.0\.0|\[::\]")
ASSIGNED = re.compile(
    r"""(?ix) (\b [\w.]* (?:token|passw(?:or)?d|secret|api_?key|psk) \b ["']? \s* [=:] \s*)
    (?! ["']? credential: | "" | '' | null\b ) (?: "(?:[^"\\\n]|\\.)*" | '[^'\n]*' | [^\s,;}"'\]]+ )"""
)
KEY = re.compile(r"""(?m)^(\s*key\s*=\s*)(?!"credential:)(?!"").+$""")
HOST = re.compile(r"""(?m)^(\s*host\s*=\s*)"(?!")[^"\n]*\"""")
BEARER = re.compile(r"(?i)\b(bearer\s+)[^\s\"']+")


class Scrubber:
    """Knows the private words of one machine. The same text always gives the same answer."""

    def __init__(self, secrets: Iterable[str] = (), private: Mapping[str, str] | None = None) -> None:
        """Take what is known to be private.

        Args:
            secrets: texts that are taken out wherever they stand, also within words.
            private: words, each with what takes its place, e.g. the name of this host.
        """
        found = sorted({text for text in secrets if len(text) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, found))) if found else None
        words = {word: put for word, put in (private or {}).items() if len(word) >= SHORTEST}
        self._put = {word.casefold(): put for word, put in words.items()}
        listed = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        self._words = re.compile(rf"(?i)(?<![\w-])(?:{listed})(?![\w-])") if listed else None

    def clean(self, text: str) -> str:
        """Return the text without what is private."""
        if self._secrets is not None:
            text = self._secrets.sub(SECRET, text)
        text = ASSIGNED.sub(rf'\1"{SECRET}"', text)
        text = KEY.sub(rf'\1"{SECRET}"', text)
        text = HOST.sub(r'\1"<host>"', text)
        text = BEARER.sub(rf"\1{SECRET}", text)
        text = URL.sub(_without_host, text)
        if self._words is not None:
            text = self._words.sub(lambda match: self._put[match[0].casefold()], text)
        return IPV6.sub("<ip>", IPV4.sub("<ip>", MAC.sub("<mac>", text)))


def _without_host(match: Match[str]) -> str:
    scheme, host = match[1], match[2]
    known = LOCAL.fullmatch(host) or scheme in ("file://", "unix://")
    return f"{scheme}{host if known else '<host>'}"


def secrets_in(text: str) -> Iterator[str]:
    """Yield what a configuration file of any form, also a broken one, sets secret keys to."""
    for match in re.finditer(
        r"""(?m)^\s*["']?(?:token|password|key)["']?\s*=\s*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|(\S+))""",
        text,
    ):
        value = next((group for group in match.groups() if group), "")
        if value and not value.startswith("credential:"):
            yield value
