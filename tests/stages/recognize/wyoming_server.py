"""A Wyoming speech-to-text server for tests, written with the wyoming package: it understands a checksum."""

import socketserver
import threading
import zlib

from wyoming.asr import Transcript
from wyoming.event import Event, read_event, write_event


def text_of(pcm: bytes) -> str:
    """What it understands of a sound."""
    return f"heard {len(pcm) // 2} samples {zlib.crc32(pcm):08x}"


class Server:
    """Listens on loopback until closed. `manner`: what it does instead of answering with a text."""

    def __init__(self, languages=("en",), manner: str = "answer") -> None:
        self.languages = languages
        self.manner = manner
        self.asked: list[dict] = []
        """What came with each request for a text."""
        self.described = 0
        self.told = threading.Semaphore(0)
        """Released at each end of a sound."""
        outer = self

        class Visitor(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer.converse(self.rfile, self.wfile)

        class Tcp(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Tcp(("127.0.0.1", 0), Visitor)
        self.uri = f"wyoming:tcp://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="server")
        self._thread.start()

    def converse(self, rfile, wfile) -> None:
        pcm = b""
        while (event := read_event(rfile)) is not None:
            match event.type:
                case "describe":
                    self.described += 1
                    if self.manner == "deaf":
                        continue
                    model = {"name": "base", "installed": True, "languages": list(self.languages)}
                    old = {"name": "old", "installed": False, "languages": ["en"]}
                    program = {"name": "test", "installed": True, "models": [old, model]}
                    write_event(Event("info", {"asr": [program]}), wfile)
                case "transcribe":
                    self.asked.append(event.data)
                case "audio-chunk":
                    pcm += event.payload or b""
                case "audio-stop":
                    self.told.release()
                    if not self.answer(pcm, wfile):
                        return
                    pcm = b""

    def answer(self, pcm: bytes, wfile) -> bool:
        match self.manner:
            case "answer":
                write_event(Event("transcript-start", {}), wfile)  # to be passed over
                write_event(Transcript(text_of(pcm)).event(), wfile)
            case "error":
                write_event(Event("error", {"text": "out of memory"}), wfile)
            case "nonsense":
                wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            case "number":
                write_event(Event("transcript", {"text": 7}), wfile)
            case "hang up":
                return False
        return True

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
