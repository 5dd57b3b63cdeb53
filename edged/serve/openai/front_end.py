"""The routes: transcriptions, the models that there are, and how edged is."""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from edged.serve.front_end import Door
from edged.serve.openai import upload
from edged.serve.openai.fields import BadField, asked
from edged.serve.openai.replies import body
from edged.serve.recordings import NotRecognized, Recognition, TooLarge
from edged.serve.site import Site, client
from edged.stages.recognize.recognizer import Hotword, Options

log = logging.getLogger(__name__)

TYPES: Mapping[int, str] = {
    401: "authentication_error",
    404: "invalid_request_error",
    429: "rate_limit_error",
    500: "server_error",
    503: "server_error",
}
STATUS: Mapping[str, int] = {"audio": 400, "unsupported": 415, "model": 400, "internal": 500, "stopped": 503}
"""By why a recording was not recognized."""


def open_front_end(door: Door) -> "OpenAi":
    """Prepare to listen."""
    return OpenAi(door)


def refusal(status: int, sentence: str, param: str | None = None, code: str | None = None) -> web.Response:
    """Return an error as OpenAI's clients read it."""
    error = {
        "message": sentence,
        "type": TYPES.get(status, "invalid_request_error"),
        "param": param,
        "code": code,
    }
    return web.json_response({"error": error}, status=status)


class OpenAi:
    """See `FrontEnd`."""

    name = "openai"

    def __init__(self, door: Door) -> None:
        self._door = door
        self._site = Site(self.name, door.config.serve.openai, door, refusal)
        router = self._site.router
        router.add_post("/v1/audio/transcriptions", self._transcribe)
        router.add_get("/v1/models", self._models)
        router.add_get("/v1/models/{name}", self._model)
        router.add_get("/health", self._health)
        router.add_get("/ready", self._ready)
        router.add_get("/metrics", self._metrics)
        self._site.let_in_without_token("/health", "/ready")

    async def start(self) -> int:
        """Listen; return the port. Raises OSError where the address cannot be had."""
        return await self._site.start()

    async def stop(self) -> None:
        """Let everybody go."""
        await self._site.stop()

    @property
    def _known(self) -> list[str]:
        model = self._door.reception.kit.recognizer
        return [model.name] if model is not None else []

    async def _transcribe(self, request: web.Request) -> web.StreamResponse:
        recordings = self._door.recordings
        if recordings is None:
            return refusal(503, "[recognize] enabled = false: there is no recognizer here")
        try:
            form = await upload.read(request, recordings, self._door.config.serve.idle_s)
        except BadField as exc:
            return refusal(400, str(exc), exc.param, exc.code)
        except TooLarge as exc:
            return refusal(413, str(exc), "file")
        except TimeoutError:
            return refusal(408, "the recording stopped to come", "file")
        try:
            return await self._answer(request, form)
        except BadField as exc:
            return refusal(404 if exc.code == "model_not_found" else 400, str(exc), exc.param, exc.code)
        except NotRecognized as exc:
            return refusal(
                STATUS[exc.kind], str(exc), "file" if exc.kind in ("audio", "unsupported") else None
            )
        finally:
            form.close()

    async def _answer(self, request: web.Request, form: upload.Form) -> web.StreamResponse:
        """Recognize what came.

        Raises:
            BadField: a field cannot be obeyed.
            Busy: too many recordings wait.
            NotRecognized: there is no text.
        """
        wanted = asked(form.fields, self._known)
        if form.upload is None or not form.upload.size:
            raise BadField("file", "you must provide a recording in the field `file`")
        options = Options(
            partials=False,
            language=wanted.language,
            hotwords=(Hotword(wanted.prompt, None),) if wanted.prompt else (),
        )
        assert self._door.recordings is not None
        name = form.filename[:80] or "the recording"
        recognition = self._door.recordings.recognize(form.upload, client(request), options, name)
        try:
            if wanted.stream:
                return await _streamed(request, recognition)
            document = await recognition.whole()
        finally:
            recognition.close()
        answer, kind = body(document, wanted)
        if isinstance(answer, str):
            return web.Response(text=answer, headers={"Content-Type": kind})
        return web.json_response(answer)

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [self._described(name) for name in self._known]})

    async def _model(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._known:
            return refusal(404, f"model {name!r:.80} is not here", "model", "model_not_found")
        return web.json_response(self._described(name))

    def _described(self, name: str) -> dict[str, Any]:
        model = self._door.reception.kit.recognizer
        assert model is not None
        return {
            "id": name,
            "object": "model",
            "created": 0,
            "owned_by": model.attribution or "local",
            "edged": {"languages": list(model.languages), "description": model.description},
        }

    async def _health(self, request: web.Request) -> web.Response:
        """It answers: that is all this says."""
        return web.json_response({"status": "ok"})

    async def _ready(self, request: web.Request) -> web.Response:
        """Whether edged hears: sound advanced and scores were computed."""
        why = self._door.not_ready()
        return web.json_response({"status": why or "ready"}, status=503 if why else 200)

    async def _metrics(self, request: web.Request) -> web.Response:
        text = await asyncio.to_thread(self._door.metrics)
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


async def _streamed(request: web.Request, recognition: Recognition) -> web.StreamResponse:
    """Send text as it is recognized. The first passage decides whether it is an answer or an error."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    texts: list[str] = []
    async for passage in recognition.passages():
        if not passage.text:
            continue
        if not response.prepared:
            await response.prepare(request)
        delta = f" {passage.text}" if texts else passage.text
        texts.append(passage.text)
        await _send(response, {"type": "transcript.text.delta", "delta": delta})
    if not response.prepared:
        await response.prepare(request)
    await _send(response, {"type": "transcript.text.done", "text": " ".join(texts)})
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


async def _send(response: web.StreamResponse, event: dict[str, Any]) -> None:
    await response.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())
