"""A web server on loopback that misbehaves as told, and releases for it to serve."""

import hashlib
import io
import random
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from edged.catalog.known import Known, read_catalog

NAME = "tiny-asr-2026"
FILES = {"model.int8.onnx": random.Random(1).randbytes(200_000), "tokens.txt": b"<blk> 0\na 1\n"}
ARCHIVE = f"{NAME}.tar.bz2"


def tar(members: dict[str, bytes], *more: tarfile.TarInfo, mode: str = "w:bz2") -> bytes:
    """An archive; `more` comes before the members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for info in more:
            archive.addfile(info)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def inside(files: dict[str, bytes] = FILES) -> dict[str, bytes]:
    return {f"{NAME}/README.md": b"read me", **{f"{NAME}/{name}": data for name, data in files.items()}}


def catalog(
    archives: list[str], files: list[str] = (), promised: bool = False, archive: str = ARCHIVE
) -> dict[str, Known]:
    """What knows FILES as members of one release, under the name `tiny-asr`."""
    text = f'[[release]]\nname = "{NAME}"\narchives = {archives}\nfiles = {list(files)}\n'
    if archives:
        text += f'archive = "{archive}"\nunpacked_bytes = 600_000\n'
    text += (
        f'[[model]]\nname = "tiny-asr"\nkind = "recognizer"\nrelease = "{NAME}"\nlicence = "MIT"\n'
        '[model.recognizer]\nfamily = "nemo-ctc"\nmodes = ["offline"]\n'
    )
    for role, (name, data) in zip(("offline", "tokens"), FILES.items(), strict=True):
        known = f'sha256 = "{hashlib.sha256(data).hexdigest()}"\nbytes = {len(data)}\n'
        text += f'[model.files.{role}]\nmember = "{name}"\n' + (
            known if promised else f"about_bytes = {len(data)}\n"
        )
    return read_catalog(text.encode())


Answer = Callable[["Handler"], None]


@dataclass
class Mirror:
    """What the server does, and what it was asked."""

    url: str = ""
    content: dict[str, bytes] = field(default_factory=dict)
    plan: list[Answer] = field(default_factory=list)
    """One misbehaviour per request, in order; when they are used up it serves `content` well."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range of each request."""
    etag: str | None = '"one"'


class Handler(BaseHTTPRequestHandler):
    mirror: Mirror
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        self.mirror.asked.append((self.path, self.headers.get("Range")))
        (self.mirror.plan.pop(0) if self.mirror.plan else good)(self)

    def log_message(self, *_: object) -> None: ...

    def answer(self, status: int, body: bytes = b"", length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        if self.mirror.etag is not None and status < 300:
            headers.setdefault("ETag", self.mirror.etag)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    @property
    def body(self) -> bytes | None:
        return self.mirror.content.get(self.path)


def good(handler: Handler) -> None:
    """Serve it, or the rest of it if that is asked for and the file is the same."""
    body, wanted = handler.body, handler.headers.get("Range")
    if body is None:
        handler.answer(404)
    elif wanted and handler.headers.get("If-Range") == handler.mirror.etag:
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(body):
            handler.answer(416)
        else:
            part = f"bytes {start}-{len(body) - 1}/{len(body)}"
            handler.answer(206, body[start:], Content_Range=part)
    else:
        handler.answer(200, body)


def no_range(handler: Handler) -> None:
    handler.answer(200, handler.body or b"")


def breaks(after: int) -> Answer:
    """Serve well, but end the connection after that many bytes of the body."""

    def act(handler: Handler) -> None:
        whole, handler.wfile = handler.wfile, io.BytesIO()
        good(handler)
        raw = handler.wfile.getvalue()
        handler.wfile = whole
        whole.write(raw[: raw.index(b"\r\n\r\n") + 4 + after])

    return act


def status(code: int, **headers: str) -> Answer:
    return lambda handler: handler.answer(code, b"no", **headers)


def redirect(target: str) -> Answer:
    return lambda handler: handler.answer(302, b"over there", Location=target)


def chunked(pieces: int | None = None) -> Answer:
    """Serve without a length; with `pieces`, stop after so many and never say that this is the end."""

    def act(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        body = handler.body or b""
        parts = [body[at : at + 10_000] for at in range(0, len(body), 10_000)]
        for part in parts[:pieces]:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        if pieces is None:
            handler.wfile.write(b"0\r\n\r\n")

    return act


@contextmanager
def serving(**content: bytes) -> Iterator[Mirror]:
    """A mirror on a port of its own; keys of `content` are paths without the first slash."""
    mirror = Mirror(content={f"/{path}": body for path, body in content.items()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Told", (Handler,), {"mirror": mirror}))
    server.daemon_threads = True
    mirror.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), name="mirror")
    thread.start()
    try:
        yield mirror
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
