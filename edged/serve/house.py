"""A run with its front ends: they open last, close first, and none keeps the microphone from hearing."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from edged.config.reload import Reload
from edged.config.schema import Config, Server
from edged.errors import EdgedError
from edged.runtime.ears import Ears
from edged.runtime.exchange import Exchange
from edged.runtime.jobs.open import open_jobs
from edged.runtime.jobs.pool import Pool
from edged.runtime.jobs.priority import NICER
from edged.runtime.kit import open_recognizer
from edged.runtime.pipeline import Pipeline
from edged.runtime.standing import Standing
from edged.runtime.supervisor import Watched
from edged.runtime.watch import Watch
from edged.runtime.worker import Worker
from edged.serve.access import Access, tls
from edged.serve.admission import Admission
from edged.serve.front_end import Door, FrontEnd
from edged.serve.loop import Loop
from edged.serve.numbers import numbers
from edged.serve.reception import Reception
from edged.serve.recordings import Recordings
from edged.stages.recognize.recognizer import OnReply, Recognizer

log = logging.getLogger(__name__)

START_S = 10.0
"""Seconds that all front ends may take to listen."""

STOP_S = 2.0
"""Seconds that they may take to let their clients go."""

Opener = Callable[[Door], FrontEnd]


def with_front_ends(run: Pipeline, config: Config, names: Iterable[str]) -> "House":
    """Return the run with these front ends.

    Raises:
        ConfigError: the certificate cannot be used.
        SinkError: there is no place on disk for recordings of clients.
    """
    return House(run, config, [_opener(name) for name in names])


class House:
    """A `Run`: what the daemon watches over."""

    def __init__(self, run: Pipeline, config: Config, openers: Sequence[Opener]) -> None:
        """Open what is needed; nothing listens before `start`.

        Raises:
            ConfigError: the certificate cannot be used.
        """
        self._run = run
        self.addresses: dict[str, tuple[str, int]] = {}
        """Where each front end listens, by name."""
        self._config = config
        self._deaf: dict[str, str] = {}  # front ends that do not listen, and why
        self._loop = Loop()
        self._pool: Pool | None = None
        self._opened = contextlib.ExitStack()
        with contextlib.ExitStack() as opening:
            opening.callback(run.stop)  # should this not come about
            wrapped = tls(config.serve)
            opening.callback(self._loop.stop)
            self._ears = Ears(self._ended)
            self._exchange = self._open_exchange()
            if self._exchange is not None:
                opening.callback(self._exchange.close)
            self._watch = Watch(config, run.kit)
            opening.callback(self._watch.close)
            opening.callback(self._ears.close)
            reception = Reception(config, run.kit, self._ears, self._exchange, run.emit, self._watch)
            connections = Admission("connections", config.serve.max_connections, config.serve.max_connections)
            access = Access(config.serve.token)
            recordings = self._open_recordings(opening) if self._exchange is not None else None
            self._door = Door(
                config,
                reception,
                access,
                connections,
                wrapped,
                recordings,
                self._not_ready,
                run.metrics,
                run,
                lambda: self.standing,
                run.heard,
            )
            self._front_ends = [opener(self._door) for opener in openers]
            run.show(
                lambda: numbers(connections, reception.streams, self._ears, self._pool, self._loop.lag_s)
            )
            opening.callback(self._close_front_ends)
            self._opened = opening.pop_all()
        if config.serve.token and wrapped is None and self._reachable:
            log.warning("serve: the token is sent readable beyond this machine; set [serve] tls_cert")

    @property
    def done(self) -> threading.Event:
        """Set when there is nothing left to do."""
        return self._run.done

    @property
    def failure(self) -> BaseException | None:
        """What broke."""
        return self._run.failure

    @property
    def workers(self) -> Sequence[Watched]:
        """Everybody who must beat."""
        jobs = (self._pool.worker,) if self._pool is not None else ()
        return (*self._run.workers, self._ears.worker, self._loop, *jobs)

    @property
    def hops(self) -> int:
        """Hops of the microphone scored since the start."""
        return self._run.hops

    @property
    def live(self) -> bool:
        """See `Run`."""
        return self._run.live

    @property
    def standing(self) -> Standing:
        """How the microphone stands, and which front end does not listen."""
        state = self._run.standing
        silent = tuple(f"{name} does not listen ({why})" for name, why in self._deaf.items())
        return replace(state, degraded=(*state.degraded, *silent))

    def start(self) -> None:
        """Start the run, then listen."""
        self._run.start()
        self._ears.start()
        self._loop.start()
        self._loop.run(self._listen(), START_S)

    def obey(self, new: Config) -> Reload:
        """See `Run`; front ends change at the next start."""
        step = self._run.obey(new)
        self._watch.obey(step.config.heads)
        return step

    def hurry(self) -> None:
        """See `Run`."""
        self._run.hurry()

    def stop(self) -> None:
        """Let clients go, then stop the run."""
        self._opened.close()

    @property
    def _reachable(self) -> bool:
        from edged.config.address import Address

        servers = [_server(self._config, front_end.name) for front_end in self._front_ends]
        return any(not Address(server.bind, server.port).loopback for server in servers)

    def _open_exchange(self) -> Exchange | None:
        kit, asked = self._run.kit, self._config.recognize
        model = kit.recognizer
        if model is None:
            return None
        nicer = asked.model_copy(update={"nice": min(19, asked.nice + NICER)})

        def open_one(on_reply: OnReply) -> Recognizer:
            return open_recognizer(
                model,
                nicer,
                on_reply,
                depth=2 * self._config.serve.max_streams,
                writing=kit.writing,
                beside=kit.beside,
            )

        return Exchange(open_one)

    def _open_recordings(self, opening: contextlib.ExitStack) -> Recordings:
        """Open what recognizes recordings; no process of it runs before the first.

        Raises:
            SinkError: there is no place for them on disk.
        """
        spool, self._pool = opening.enter_context(open_jobs(self._config))
        return Recordings(self._pool, spool, self._config.serve.max_upload_mb * 10**6)

    def _not_ready(self) -> str:
        state = self._run.standing
        return state.deaf or ("" if self._run.hops else "no sound was scored yet")

    async def _listen(self) -> None:
        """Open every port; one that is taken costs nobody else."""
        for front_end in self._front_ends:
            try:
                port = await front_end.start()
            except (OSError, EdgedError) as exc:
                server = _server(self._config, front_end.name)
                why = exc.strerror or str(exc) if isinstance(exc, OSError) else str(exc)
                self._deaf[front_end.name] = f"{server.bind}:{server.port}: {why}"
                log.error("%s: cannot listen on %s", front_end.name, self._deaf[front_end.name])  # noqa: TRY400 - a sentence
                continue
            host = _server(self._config, front_end.name).bind
            self.addresses[front_end.name] = (host, port)
            log.info("%s: listens on %s port %d", front_end.name, host, port)
        self._resting = asyncio.get_running_loop().create_task(self._door.reception.rest_when_idle())

    def _close_front_ends(self) -> None:
        if not self._loop.alive:
            return
        try:
            self._loop.run(self._let_go(), STOP_S + 1.0)
        except TimeoutError:
            log.error("front ends did not let their clients go within %g s", STOP_S + 1.0)  # noqa: TRY400 - a sentence

    async def _let_go(self) -> None:
        self._resting.cancel()
        stopping = [
            asyncio.create_task(front_end.stop(), name=front_end.name) for front_end in self._front_ends
        ]
        done, late = await asyncio.wait(stopping, timeout=STOP_S)
        for task in late:
            task.cancel()
            log.error("%s: did not let its clients go within %g s", task.get_name(), STOP_S)
        for task in done:
            if (broke := task.exception()) is not None:
                log.error("%s: broke while it stopped", task.get_name(), exc_info=broke)

    def _ended(self, worker: Worker) -> None:
        if worker.failure is not None:
            log.error("%s broke: network streams are not heard", worker.name, exc_info=worker.failure)
            self._deaf[worker.name] = f"{type(worker.failure).__name__}: {worker.failure}"


def _server(config: Config, name: str) -> Server:
    server: Server = getattr(config.serve, name)
    return server


def _opener(name: str) -> Opener:
    """Return what makes a front end: its module is imported only where it is enabled."""
    from importlib import import_module

    opener: Opener = import_module(f"edged.serve.{name}.front_end").open_front_end
    return opener
