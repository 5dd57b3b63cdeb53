"""The same WAV gives the same text by the microphone's path, as a file, and in every protocol."""

import soundfile

from edged.serve.clients import crowd
from edged.serve.clients.visit import Outcome
from tests.daemon import DEMO, TEXT, events, run, write_config


def test_every_protocol_gives_the_text(served, spoken):
    kinds = [kind for kind in crowd.KINDS if kind != "wyoming wake"]
    seen = crowd.crowd(served, spoken, clients=len(kinds), seconds=0.1, kinds=kinds)
    assert {kind: (dict(tally.outcomes), tally.said) for kind, tally in seen.items()} == {
        kind: ({Outcome.ANSWERED: 1}, []) for kind in kinds
    }


def test_the_path_of_the_microphone_gives_the_text(models, tmp_path):
    config = write_config(tmp_path / "edged.toml", models, "[[heads.word]]\nname = 'hey_jarvis'\n")
    source = ("--source", f"wav:{DEMO}", "--pace", "fast", "--events", "-", "--no-show")
    code, out, err = run("run", "-c", config, *source)
    assert code == 0, err
    assert [event["text"] for event in events(out) if event["event"] == "final"] == [TEXT]


def test_the_file_gives_the_text(models, tmp_path, spoken):
    file = tmp_path / "command.wav"
    soundfile.write(file, spoken.command, 16_000)
    config = write_config(tmp_path / "edged.toml", models)
    code, out, err = run("transcribe", "-c", config, file)
    assert (code, out.strip()) == (0, TEXT), err
