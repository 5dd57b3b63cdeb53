"""Every key of the TOML file: its unit, its range, its default and why.

A key marked `Later` belongs to a part of edged that is not built yet. Its place is kept so that files
stay valid, and setting it is refused by name: no option does nothing.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

Ratio = Annotated[float, Field(ge=0.0, le=1.0)]


@dataclass(frozen=True, slots=True)
class Later:
    """Marks a key of a part that is not built yet."""

    part: str
    """What the user would call it."""


class Table(BaseModel):
    """A TOML table: unknown keys are errors, values never change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


class Audio(Table):
    """Where sound comes from."""

    source: str = ""
    """`mic:` or `mic:NAME` (see `edged devices`), `arecord:PCM`, `wyoming:tcp://HOST:PORT`, `wyoming:unix://PATH`,
    `wav:PATH` (wav, flac, ogg, mp3) or `stdin:RATE` (raw int16 mono); empty: say it with --source."""
    channel: Literal["mix"] | NonNegativeInt = "mix"
    """Channel to listen to, counted from 0, or the mean of all."""
    gain_db: Annotated[float, Field(ge=-40, le=40)] = 0.0
    """Decibels added before anything else; clipping saturates."""
    others: tuple[str, ...] = ()
    """Microphones tried in turn while `source` is away, and left again between two commands once it is back;
    one that is not listed is never taken."""
    remove_dc: bool = True
    """Live sources: a constant offset, as cheap microphones have it, is taken out for all that listens."""
    dither: bool = True
    """Live sources: digital silence becomes noise of 10 LSB rms, because exact zeros make heads fire."""
    mixer: tuple[tuple[str, str], ...] = ()
    """ALSA mixer controls of the card of `mic:` or `arecord:`, set before capture as amixer takes them:
    [["Mic", "60%"]]."""


class Denoise(Table):
    """Noise suppression before the wake path or the recognizer."""

    path: Literal["off", "wake", "recognize", "both"] = "off"
    """Which branch hears sound cleaned of steady noise (speexdsp-ns, which has no wheel for Python 3.13). It
    helps wake words in loud noise a little; for recognizers compare before you keep it.
    """


class Features(Table):
    """Melspectrogram and embedding."""

    backend: Annotated[str, Field(pattern=r"^(auto|cpu|opencl|ort-opencl|rknn)$")] = "auto"
    """`auto` measures what this board has; a name means that backend or a sentence why not."""
    fallback: tuple[Literal["cpu"], ...] = ()
    """Links after a named backend; `auto` always ends on the CPU."""
    melspectrogram: str = "melspectrogram"
    """Model of kind melspectrogram."""
    embedding: str = "embedding"
    """Model of kind embedding."""
    order: tuple[Literal["opencl", "ort-opencl", "rknn", "cpu"], ...] = ("opencl", "ort-opencl", "cpu")
    """Backends that `auto` tries; measurement decides between them, this order between equals."""
    device: str = ""
    """OpenCL device of `opencl`: its index in `edged doctor`, or part of its name, of whatever kind; empty:
    the GPU."""
    precision: Literal["fp32", "fp16"] = "fp32"
    """Of `opencl`: fp16 halves its memory and answers within 1 % rms."""
    mem_limit_mb: PositiveInt = 64
    """Megabytes of 10^6 bytes that `opencl` may allocate on its device."""
    threads: Annotated[int, Field(ge=1, le=8)] = 1
    """Threads of the embedding on the CPU. More have made it slower wherever that was measured: let
    `edged tune advise` measure it here."""


class Word(Table):
    """One wake word; keys left out take the value of [heads]."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    """What events call it."""
    model: str = ""
    """Head by catalog name or path of an .onnx file; empty: the name itself."""
    output: str = ""
    """Class of a head with several, e.g. `5_minute_timer`; empty: the only one."""
    role: Literal["wake", "stop"] = "wake"
    """`stop`: heard during a command, it cancels the command; at other times nothing follows."""
    threshold: Ratio | None = None
    rearm_below: Ratio | None = None
    patience: PositiveInt | None = None
    patience_window: PositiveInt | None = None
    refractory_s: NonNegativeFloat | None = None
    vad_threshold: Ratio | None = None
    lag_ms: Annotated[int, Field(ge=-2000, le=2000)] | None = None
    """How long after the end of the word its score passes the threshold; default from the model."""


class Heads(Table):
    """Wake-word heads, and the rules from score to activation."""

    backend: Annotated[str, Field(pattern=r"^(auto|cpu|rknn)$")] = "auto"
    """`auto` measures what this board has; a name means that backend or a sentence why not."""
    fallback: tuple[Literal["cpu"], ...] = ()
    """Links after a named backend; `auto` always ends on the CPU."""
    order: tuple[Literal["rknn", "cpu"], ...] = ("rknn", "cpu")
    """Backends that `auto` tries; measurement decides between them, this order between equals."""
    npu_core: Annotated[int, Field(ge=0, le=2)] = 0
    """Core of the NPU for `rknn`; 1 or 2 where another program fills the first."""
    threshold: Ratio = 0.5
    """Score that counts as heard; openWakeWord's own default."""
    rearm_below: Ratio = 0.35
    """After an activation the score must fall below this (or the threshold) before the next."""
    patience: PositiveInt = 1
    """Hops over the threshold, among the last `patience_window`, that make an activation."""
    patience_window: PositiveInt = 1
    """Hops that `patience` looks at."""
    refractory_s: NonNegativeFloat = 2.0
    """Seconds of audio after an activation in which the same word makes no other."""
    vad_threshold: Ratio = 0.0
    """Speech probability needed somewhere in the look-back for an activation; 0 switches the gate off."""
    vad_lookback_s: Annotated[float, Field(gt=0, le=5)] = 1.0
    """Seconds before the decision in which the gate looks for speech."""
    word: tuple[Word, ...] = (Word(name="hey_jarvis"),)
    """The wake words."""


class Listen(Table):
    """From the wake word to the end of the command."""

    trailing_silence: Literal["aggressive", "default", "relaxed"] | PositiveFloat = "default"
    """Silence that ends a command: 0.25, 0.7, 1.25 s as in Home Assistant, or seconds."""
    no_speech_timeout_s: PositiveFloat = 4.0
    """Seconds after the wake word to begin to speak."""
    max_length_s: Annotated[float, Field(gt=0, le=25)] = 15.0
    """Longest command; the ring holds 30 s."""
    stable_s: NonNegativeFloat = 2.0
    """Live sound and a recognizer that decodes meanwhile: a text that stands so long ends the command where
    noise keeps the voice activity up (never within `no_speech_timeout_s`, nor sooner than silence would), and
    one that grows keeps silence from ending it. 0: the voice activity decides alone.
    """
    min_speech_ms: NonNegativeInt = 96
    """Speech needed before silence may end the command: a click is no command."""
    pre_roll_ms: Annotated[int, Field(ge=0, le=2000)] = 160
    """Audio before the end of the wake word given to the recognizer as well: where that end is, is an
    estimate. Of 200 espeak-ng commands (scripts/measure-command-cut) 160 ms keep the first word of 99 in 100
    whole, 0 ms of 90.
    """
    vad_threshold: Ratio = 0.5
    """Speech probability that counts as speech."""
    vad: str = "silero_vad"
    """Model of kind vad."""
    follow_up_s: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Seconds after the end of a command that was answered with a text in which the next needs no wake word;
    0: each needs one. Counted in sound: a text that comes late leaves less of it, and none after that."""
    follow_up_max: PositiveInt = 5
    """Most commands in a row without a wake word."""
    stop_words: tuple[str, ...] = ()
    """Phrases that cancel a command which is nothing else, e.g. ["stop", "never mind"]; case, spaces and
    punctuation do not matter."""
    on_wake: Literal["ignore", "restart"] = "ignore"
    """A wake word during a command: `restart` drops the command and begins another. In a follow-up it always
    does."""


class Recognize(Table):
    """Command audio to text."""

    enabled: bool = True
    """false: wake words only."""
    model: str = "selftest"
    """Recognizer by catalog name. The default only proves the path: it does not understand people."""
    mode: Literal["auto", "streaming", "offline"] = "auto"
    """`streaming` decodes while the command is spoken; `auto` prefers it where the model can."""
    threads: Annotated[int, Field(ge=1, le=8)] = 1
    """Threads of the recognizer; 1 is fastest for small models."""
    nice: Annotated[int, Field(ge=0, le=19)] = 0
    """Niceness of the recognizer's process."""
    memory_mb: Annotated[int, Field(ge=0, le=1_000_000)] = 2000
    """Megabytes of 10^6 bytes over which the recognizer's process is replaced by a new one, between two
    utterances and without losing any; in the middle of one it never gets twice as many. 0: no limit.
    """
    accelerated: str = ""
    """Recognizer by catalog name that is compiled for the NPU and is asked first, once it understood the
    recording that its model.toml names; it needs a build of sherpa-onnx for RKNN. Empty: none.
    """
    npu_core: Literal["auto", "0", "1", "2", "0_1", "0_1_2"] = "auto"
    """Cores of the NPU for `accelerated`; `auto` is the first in practice, and the heads' as well."""
    smaller: str = ""
    """Recognizer by catalog name that is asked while the usual one has too much to do or the board is too
    hot; it must speak the same languages. Empty: none.
    """
    smaller_above_c: Annotated[float, Field(ge=0, le=150)] = 85.0
    """Degrees Celsius of the hottest part above which `smaller` is asked; 0: at any."""
    remote: str = ""
    """Speech-to-text server that is asked last, when no recognizer of this board answers:
    `wyoming:tcp://HOST:PORT` or `wyoming:unix:///PATH`. Commands leave the board then, unencrypted.
    Empty: none.
    """
    hotwords_file: str = ""
    """File of phrases to prefer, one a line, each with its FunASR weight last if it has one: 20 is usual.
    Transducers with a `modeling_unit` in their model.toml take them, and no others."""
    decoding: Literal["auto", "greedy_search", "modified_beam_search"] = "auto"
    """How a transducer searches: hotwords need `modified_beam_search`, which costs more. `auto`: as its
    model.toml says, or so that `hotwords_file` counts."""
    language: str = ""
    """Language of utterances that do not ask for one, of those that the model speaks; empty: any of them."""
    itn: str = ""
    """Model of kind itn, which writes numbers as people do; `own`: the recognizer's own way (SenseVoice);
    empty: as spoken."""
    punctuation: str = ""
    """Model of kind punctuation; empty: none but what the recognizer writes itself."""
    min_confidence: Ratio = 0.0
    """Text of which the model is less sure is withheld, with a note; only transducers tell."""
    filter: bool = False
    """Text that nobody can have said is withheld, with a note: too many words for the time, the same ones
    over and over, or out of silence."""


class Jsonl(Table):
    """Events as JSON lines."""

    path: str = ""
    """File to append to, `-` for standard output, empty for none."""
    scores: bool = False
    """Also a `scores` event per hop, 12.5 a second."""


class Socket(Table):
    """Events and commands on a unix socket: docs/socket.md."""

    path: str = ""
    """Where programs of this machine connect, e.g. /run/edged/edged.sock; open to edged's user and group.
    Empty: nowhere."""


class Hooks(Table):
    """Commands run on events: docs/hooks.md."""

    commands: dict[str, str] = Field(default_factory=dict)
    """Event to the command that gets its JSON on standard input: {activation = "/usr/local/bin/led on"}. No
    shell; names of events, and those of wyoming-satellite."""
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 10.0
    """Seconds that a command may take; then it is ended with all it started."""
    max_running: Annotated[int, Field(ge=1, le=16)] = 2
    """Commands that run at a time; others wait, at most 32."""


class Mqtt(Table):
    """Events and commands over an MQTT broker: docs/mqtt.md."""

    host: str = ""
    """Name or address of the broker; empty: none."""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """0: 1883, with `tls` 8883."""
    username: str = ""
    """Empty: the broker is asked to let anybody in."""
    password: str = ""
    """Better a credential than in the file: `credential:mqtt`."""
    tls: bool = False
    """Encrypted, and the broker proves who it is."""
    ca: str = ""
    """File of the certificates that vouch for the broker; empty: those that this machine trusts."""
    site_id: Annotated[str, Field(max_length=64)] = ""
    """What this box is called, in topics and to Hermes; empty: the host's name. Two boxes, two names."""
    prefix: Annotated[str, Field(max_length=128)] = "edged"
    """Topics are PREFIX/SITE/…."""
    qos: Annotated[int, Field(ge=0, le=1)] = 1
    """Of every message: 0 at most once, 1 at least once. Not 2: a connection that breaks would break it."""
    retain: bool = True
    """Whether the broker keeps the last state for who subscribes later; of events it never keeps any."""
    hermes: bool = False
    """Also the Hermes topics of Rhasspy: it is found as hotword and speech-to-text of this site."""


class Sinks(Table):
    """Where events go."""

    jsonl: Jsonl = Jsonl()
    socket: Socket = Socket()
    hooks: Hooks = Hooks()
    mqtt: Mqtt = Mqtt()


class Server(Table):
    """One network front end."""

    enabled: bool = False
    """Whether it listens at all."""
    bind: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    """Address to listen on; beyond this machine a token or `allow_plain` is needed."""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """TCP port; 0 lets the kernel choose one, which the log tells."""


class WyomingServer(Server):
    """Wake words and recognition for Home Assistant and satellites; Wyoming has no place for a token."""

    port: Annotated[int, Field(ge=0, le=65535)] = 10400
    """TCP port, as that of wyoming-openwakeword."""
    microphone: bool = False
    """Whether others may hear what the microphone hears: who connects and asks nothing is sent its sound."""
    satellite: bool = False
    """Whether Home Assistant may have the board as its voice satellite: it gets what follows a wake word."""
    satellite_port: Annotated[int, Field(ge=0, le=65535)] = 10700
    """TCP port of the satellite, as wyoming-satellite's; Home Assistant looks for no engines there."""
    end_stage: Literal["asr", "handle", "tts"] = "handle"
    """What Home Assistant does for the satellite in the end: `asr` writes down what was said, `handle` does
    it, `tts` also says what to answer: an `assistant` event, for whoever can speak."""
    area: Annotated[str, Field(max_length=64)] = ""
    """Where the satellite stands, as Home Assistant calls the area; empty: it is chosen there."""
    announce: bool = False
    """Whether the network is told by mDNS where this is: Home Assistant then finds it by itself."""
    name: Annotated[str, Field(max_length=63)] = ""
    """What the box is called there and as a satellite, at most 63 bytes long and without a dot; empty: the
    host's name."""


class FunasrServer(Server):
    """FunASR's websocket: offline, online, 2pass."""

    port: Annotated[int, Field(ge=0, le=65535)] = 10095
    """TCP port, as FunASR's."""
    default_mode: Literal["offline", "online", "2pass"] = "offline"
    """What a client wants that does not say: FunASR's C++ offline client never does."""


class SherpaServer(Server):
    """sherpa-onnx's streaming websocket."""

    port: Annotated[int, Field(ge=0, le=65535)] = 6006
    """TCP port, as sherpa-onnx's."""
    offline_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """TCP port of the non-streaming protocol, which takes whole files; none: it is not served."""


class OpenaiServer(Server):
    """HTTP as OpenAI's clients speak it: /v1/audio/transcriptions and what belongs to it."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """TCP port."""


class DashboardServer(Server):
    """A page that shows what edged hears and why it woke."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """TCP port."""
    transcripts: bool = False
    """Show what was said after a wake word as text, to everybody who may see the page."""
    names: tuple[Annotated[str, Field(min_length=1, max_length=255)], ...] = ()
    """Further names by which browsers call this machine, as `edged.home.arpa`, or that of a proxy before it.
    Its own name, `localhost` and addresses always serve; any other is refused, for it may be a trick."""


class Serve(Table):
    """Network front ends; loopback unless told otherwise."""

    wyoming: WyomingServer = WyomingServer()
    funasr: FunasrServer = FunasrServer()
    sherpa: SherpaServer = SherpaServer()
    openai: OpenaiServer = OpenaiServer()
    dashboard: DashboardServer = DashboardServer()
    token: str = ""
    """What clients must know: the HTTP header `Authorization: Bearer TOKEN`, or `?token=TOKEN` in the address
    of a WebSocket. Better as `credential:NAME`."""
    allow_plain: bool = False
    """Beyond this machine, serve whoever comes, without a token: everybody in that network can use it."""
    tls_cert: str = ""
    """PEM file of the certificate chain: every front end but Wyoming, which knows none, then speaks TLS."""
    tls_key: str = ""
    """PEM file of its key; empty: it is in `tls_cert`."""
    max_connections: Annotated[int, Field(ge=1, le=4096)] = 64
    """Connections of all front ends together; one more is refused in words."""
    max_streams: Annotated[int, Field(ge=1, le=1024)] = 48
    """Streams heard at the same time: wake words and dictation of the network."""
    idle_s: Annotated[float, Field(ge=1, le=3600)] = 60.0
    """Seconds that a client may say nothing while it is its turn; then it is let go."""
    max_upload_mb: Annotated[int, Field(ge=1, le=16384)] = 512
    """Megabytes of 10^6 bytes of one recording."""
    workers: Annotated[int, Field(ge=1, le=16)] = 1
    """Processes that recognize recordings sent over the network, beside the microphone and below its
    priority; each starts when needed, holds a model of its own and takes `recognize.threads`."""
    queue: Annotated[int, Field(ge=1, le=1024)] = 32
    """Recordings that may wait for one of them; one more is refused with the time to come back."""
    worker_memory_mb: Annotated[int, Field(ge=64, le=65536)] = 1500
    """Megabytes of 10^6 bytes above which such a process is replaced after its recording: models keep what
    their longest sound needed."""


class Telemetry(Table):
    """What edged says about itself."""

    stats_s: PositiveFloat = 60.0
    """Seconds of audio between `stats` events."""
    metrics: str = ""
    """`HOST:PORT` where Prometheus reads the metrics, e.g. `127.0.0.1:9109`; empty: nowhere. This machine
    only: there is no password."""
    metrics_file: str = ""
    """Text file for node_exporter, replaced atomically at every sample; empty: none."""
    sample_s: Annotated[float, Field(ge=1, le=3600)] = 5.0
    """Seconds between two looks at clocks, temperatures, memory and power."""
    power_sensor: str = ""
    """File that tells the power of the whole board in microwatts, as hwmon does; empty: looked for."""


ClipKind = Literal["wake", "stop", "near_miss", "rejected", "lost"]


class Clips(Table):
    """Recordings kept to explain wakes: docs/clips.md."""

    enabled: bool = False
    """Keep them, on this machine alone. `edged clips purge` deletes what was kept."""
    dir: Path | None = None
    """Their folder; default: `clips` in the service's state folder (/var/lib/edged), else in XDG state."""
    quota_mb: Annotated[int, Field(ge=1, le=100_000)] = 200
    """Megabytes of 10^6 bytes that they may fill; the oldest goes first, those that you marked last."""
    max_age_days: NonNegativeFloat = 30.0
    """Days after which one is deleted, marked or not; 0: only the quota deletes."""
    kinds: tuple[ClipKind, ...] = ("wake", "stop", "near_miss", "rejected", "lost")
    """What is kept: words heard, stop words too, scores that came close, words that a rule held
    back, lost commands."""
    commands: bool = False
    """Keep the sound of commands too; without it what is said after a wake word is never kept."""
    before_s: Annotated[float, Field(ge=0.5, le=10)] = 2.0
    """Seconds of scores before the decision; 3.4 s more of sound lie before them, which replay needs."""
    after_s: Annotated[float, Field(ge=0, le=5)] = 0.5
    """Seconds of sound after a near miss or a word held back; they end where a command begins."""
    near_miss_from: Annotated[float, Field(ge=0.05, le=0.99)] = 0.6
    """Share of a word's threshold from which a score that stays below it is a near miss."""


class Models(Table):
    """Models on disk."""

    dir: Path | None = None
    """First place to look and where `models pull` puts them; default: the state folder, else XDG data."""
    accept_licences: tuple[str, ...] = ()
    """Non-commercial licences you accept, by SPDX name, e.g. ["CC-BY-NC-SA-4.0"]."""
    mirror: str = ""
    """Folder or web address that `models pull` asks before those of the catalog; passwords: ~/.netrc."""


class Service(Table):
    """Life under systemd."""

    stall_s: Annotated[float, Field(ge=2, le=600)] = 5.0
    """Seconds without a sign of life after which the capture of sound or the path counts as stuck: the stacks
    of all threads go to the log, exit 70, and systemd starts edged again. What plays a recording fast may
    wait for its reader for ever."""
    placement: Literal["auto", "off"] = "auto"
    """`auto` keeps the path and the recognizer on the fast cores, where the machine has two kinds."""
    realtime: Literal["auto", "off"] = "auto"
    """`auto` gives the threads that live sound passes through real-time priority, or else a better niceness,
    where the system allows it."""


class Board(Table):
    """Which board this is."""

    name: str = "auto"
    """`auto` asks the device tree; else a board that edged knows. Its settings lie below yours."""
    compatible: tuple[str, ...] = ()
    """Device-tree names of the board. In a board's file: those it answers to; in yours: taken instead of what
    the device tree says, where that is absent or says too little."""
    microphones: tuple[str, ...] = ()
    """ALSA card ids of the board's own microphone, as vendor and mainline kernels say: `mic:` takes it where
    no USB microphone is plugged in."""


class Config(Table):
    """The whole file."""

    audio: Audio = Audio()
    denoise: Denoise = Denoise()
    features: Features = Features()
    heads: Heads = Heads()
    listen: Listen = Listen()
    recognize: Recognize = Recognize()
    sinks: Sinks = Sinks()
    serve: Serve = Serve()
    telemetry: Telemetry = Telemetry()
    clips: Clips = Clips()
    models: Models = Models()
    service: Service = Service()
    board: Board = Board()


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, with every default, range and description."""
    schema = Config.model_json_schema(mode="validation")
    about = "One parent file, relative to this one: tables merge, scalars and lists replace."
    schema["properties"]["extends"] = {"type": "string", "description": about, "title": "Extends"}
    return schema
