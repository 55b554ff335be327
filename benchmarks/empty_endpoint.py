"""What the HTTP API is measured against: FastAPI that validates the same body, and does nothing with it."""

import multiprocessing
import signal
import socket
import sys

import uvicorn
from fastapi import FastAPI

from oauth_doctor.engine.knowledge import load_knowledge
from oauth_doctor.service.api.contract import Contract

Incident = Contract(load_knowledge()).incident
app = FastAPI()


@app.post("/v1/diagnose")
async def empty(incident: Incident) -> dict[str, str]:  # type: ignore[valid-type]
    return {"status": "ok"}


def _work(listener: socket.socket) -> None:
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    # A socket that says that it is TCP, as the service's own: else every answer waits for the client's delayed
    # acknowledgement, and the comparison would flatter us.
    shared = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    shared.bind(("127.0.0.1", int(sys.argv[1])))
    shared.listen(128)
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_work, args=(shared,), daemon=True) for _ in range(2)]
    for process in processes:
        process.start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    processes[0].join()
