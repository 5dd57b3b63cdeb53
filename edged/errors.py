"""What can go wrong, who mends it, and the exit code where nobody can.

EdgedError                       70
 +- ConfigError                  78   all problems at once; systemd does not restart
 +- ModelError                   65   missing, sha256, shape, licence not accepted
 +- AudioInputError              66   a recording that cannot be read
 |   +- UnsupportedAudio              of a form that nothing installed here decodes
 +- ProviderError                69   the last link of a chain at start
 |   +- ProviderUnavailable           next link: it never ran
 |   +- ProviderFailed                next link answers the same hop
 +- CommandRefused              69   the running edged cannot be reached, or says why it does not obey
 +- AudioDeviceLost                   capture reopens with back-off; never fatal by default
 +- RecognizerDied                    child restarted, the utterance sent again once
 +- SinkError                    74   that sink backs off; the path does not notice
 |   +- SinkGone                      nobody reads any more: the run is over
 +- OverlayError                 73   tuned.toml cannot be written; what was in force stays
 +- StageStalled                 70   stacks of all threads in the journal
"""

from typing import ClassVar


class EdgedError(Exception):
    """Base of every error edged raises on purpose; its text is one sentence for a person."""

    exit_code: ClassVar[int] = 70


class ConfigError(EdgedError):
    """One or more problems in the configuration, each a sentence that names file, key and way out."""

    exit_code: ClassVar[int] = 78

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ModelError(EdgedError):
    """A model that is missing, damaged, of the wrong shape, or whose licence was not accepted."""

    exit_code: ClassVar[int] = 65


class AudioInputError(EdgedError):
    """A recording that cannot be opened or decoded."""

    exit_code: ClassVar[int] = 66


class UnsupportedAudio(AudioInputError):
    """A recording of a form that nothing installed here decodes."""


class ProviderError(EdgedError):
    """A backend that cannot serve its stage."""

    exit_code: ClassVar[int] = 69

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(f"{provider}: {reason}")
        self.provider = provider
        self.reason = reason


class ProviderUnavailable(ProviderError):
    """The backend could not be opened or failed its known answer."""


class ProviderFailed(ProviderError):
    """The backend ran before and failed now; the same hop goes to the next link."""


class AudioDeviceLost(EdgedError):
    """The microphone stopped delivering."""


class RecognizerDied(EdgedError):
    """The recognizer's process ended while an utterance was open."""


class SinkError(EdgedError):
    """An event could not be written where the user wanted it."""

    exit_code: ClassVar[int] = 74


class SinkGone(SinkError):
    """Whoever read the events left and cannot come back, as at the end of a broken pipe."""


class OverlayError(EdgedError):
    """The overlay of tuned values cannot be written, or was taken back because it is worse."""

    exit_code: ClassVar[int] = 73


class CommandRefused(EdgedError):
    """The running edged could not be told, or does not do what it was told."""

    exit_code: ClassVar[int] = 69


class StageStalled(EdgedError):
    """A worker gave no sign of life for longer than its deadline."""
