"""Recognizes a recording with a fake recognizer; prints passages and the most memory it held, kB."""

import sys
from pathlib import Path

from edged.runtime.transcribe.crew import Crew
from edged.runtime.transcribe.listing import Item
from edged.runtime.transcribe.output import Folder
from edged.runtime.transcribe.transcriber import Transcriber
from edged.stages.recognize.fake import FakeRecognizer
from tests.runtime.transcribe.test_transcriber import MANNER, LoudIsSpeech


class Forgetful(FakeRecognizer):
    """Keeps no sound."""

    def finish(self, utterance: int) -> None:
        super().finish(utterance)
        del self.heard[utterance]


def main() -> None:
    recording, out = map(Path, sys.argv[1:])
    crew = Crew(Forgetful, 1)
    run = Transcriber(MANNER, LoudIsSpeech(), crew, 1, Folder(out, "text"), print)
    assert run.run([Item("talk", recording)]) == 0
    held = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    passages = len((out / "talk.txt").read_text().splitlines())
    sys.stdout.write(f"{passages} {held.split()[1]}\n")


if __name__ == "__main__":
    main()
