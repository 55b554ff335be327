"""Several worker processes behind one socket. One that dies is replaced; all end together."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import FrameType

from .api.settings import ApiSettings
from .logs import log_as_json, write_log
from .server import create, hand_over
from .settings import Settings

_GRACE = 15  # seconds for running requests
_SOON = 1.0  # seconds; a worker that dies earlier was no good from the start
_MOST_EARLY_DEATHS = 10


def run_workers(listener: socket.socket, settings: Settings, api: ApiSettings, *, pages: bool) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        RuntimeError: workers die as soon as they are started.
    """
    os.environ.update(hand_over(settings, api, pages=pages))
    spawning = multiprocessing.get_context("spawn")
    stopping = threading.Event()

    def start() -> tuple[BaseProcess, float]:
        process = spawning.Process(target=_work, args=(listener,), daemon=True)
        process.start()
        return process, time.monotonic()

    with tempfile.TemporaryDirectory(prefix="oauth-doctor-metrics-") as folder, _asked_to_stop(stopping):
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        running = [start() for _ in range(api.workers)]
        early = 0
        try:
            while not stopping.is_set():
                wait([process.sentinel for process, _ in running], timeout=0.5)
                for place, (process, since) in enumerate(running):
                    if process.is_alive() or stopping.is_set():
                        continue
                    early = early + 1 if time.monotonic() - since < _SOON else 0
                    if early >= _MOST_EARLY_DEATHS:
                        raise RuntimeError("workers die as soon as they are started; the log above says why")
                    write_log("worker replaced", exit=process.exitcode)
                    running[place] = start()
        finally:
            for process, _ in running:
                process.terminate()
            for process, _ in running:
                process.join(_GRACE)
                if process.is_alive():
                    process.kill()
                    process.join()
            os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)


@contextmanager
def _asked_to_stop(stopping: threading.Event) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _work(listener: socket.socket) -> None:
    """A worker process."""
    import uvicorn

    server = create()
    log_as_json(verbose=server.context.settings.log)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    config = uvicorn.Config(
        server, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=10, lifespan="on"
    )
    uvicorn.Server(config).run(sockets=[listener])


def _end_with_parent() -> None:
    """A parent that was killed cannot tell its workers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
