"""What the HTTP API is measured against: FastAPI that validates the same body, and does nothing with it."""

from fastapi import FastAPI

from oauth_doctor.engine.knowledge import load_knowledge
from oauth_doctor.service.api.contract import Contract

Incident = Contract(load_knowledge()).incident
app = FastAPI()


@app.post("/v1/diagnose")
async def empty(incident: Incident) -> dict[str, str]:  # type: ignore[valid-type]
    return {"status": "ok"}
