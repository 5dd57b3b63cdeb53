"""From what the process says to what the daemon is told. Pure."""

from edged.messages import Transcript, Word
from edged.stages.recognize import wire
from edged.stages.recognize.recognizer import Capabilities, Final, Lost, Partial, Reply


def read(message: wire.Message) -> Reply | None:
    """Return the answer that a message is, None if it is none."""
    match message:
        case wire.Partial(utterance, text):
            return Partial(utterance, text)
        case wire.Final():
            pairs = zip(message.words, message.starts, message.ends, strict=False)
            transcript = Transcript(message.text, tuple(Word(*each) for each in pairs))
            return Final(message.utterance, transcript, message.cpu_s, message.audio_s)
        case wire.Error("decode", text, utterance):
            return Lost(utterance, text, "decode")
        case _:
            return None


def capabilities(ready: wire.Ready) -> Capabilities:
    """Return what a process that has loaded can do."""
    return Capabilities(
        model=ready.model,
        family=ready.family,
        mode="streaming" if ready.mode == "streaming" else "offline",
        words=ready.words,
        languages=ready.languages,
        self_test=ready.self_test,
        provider=ready.provider,
    )
