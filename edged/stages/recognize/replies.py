"""From what the process says to what the daemon is told. Pure."""

from edged.stages.recognize import answers, wire
from edged.stages.recognize.recognizer import Final, Lost, Partial, Reply


def read(message: wire.Message) -> Reply | None:
    """Return the answer that a message is, None if it is none."""
    match message:
        case answers.Partial(utterance, text, heard_s):
            return Partial(utterance, text, heard_s)
        case answers.Final():
            return Final(message.utterance, message.transcript, message.cpu_s, message.audio_s)
        case answers.Error("decode", text, utterance):
            return Lost(utterance, text, "decode")
        case _:
            return None
