"""Hooks with two workers that share PostgreSQL: a message sent twice at once is one, and every ticket is one case."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from components import running_postgres
from service_fixtures import serving
from sqlalchemy import text

from oauth_doctor.engine.cases import store as store_module
from oauth_doctor.engine.cases.store import CaseStore
from oauth_doctor.service.helpdesk.signatures import headers_for, schemes

EXAMPLES = Path(__file__).parent.parent / "examples" / "webhooks"
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
TICKETS = 12


def test_two_workers_take_hooks_on_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMS_WEBHOOK_SECRET", SECRET)
    payload = json.loads((EXAMPLES / "forms.json").read_text())

    def letter(number: int, message: str) -> tuple[bytes, dict[str, str]]:
        submission = {**payload["submission"], "id": f"F-{number}", "message": message}
        body = json.dumps({"submission": submission}).encode()
        stamp = str(int(time.time()))
        signed = headers_for(schemes()["standard-webhooks"], SECRET, stamp, body, f"msg_{number}_{len(message)}")
        return body, {"Content-Type": "application/json", **signed}

    with running_postgres() as postgres:
        database = postgres.new_database()
        with serving(tmp_path, database, "--workers", "2", "--helpdesk", str(EXAMPLES / "helpdesk.yaml")) as started:

            def send(one: tuple[bytes, dict[str, str]]) -> int:
                return httpx.post(f"{started.url}/hooks/forms", content=one[0], headers=one[1], timeout=60).status_code

            letters = [letter(number, "It fails.") for number in range(TICKETS)]
            with ThreadPoolExecutor(8) as pool:
                statuses = list(pool.map(send, [one for one in letters for _ in range(2)]))
                forged = list(pool.map(send, [(body + b" ", headers) for body, headers in letters[:4]]))
                later = list(pool.map(send, [letter(number, "And again it fails.") for number in range(TICKETS)]))
            assert len(started.worker_pids()) == 2
        assert all(statuses[place] == 200 or statuses[place + 1] == 200 for place in range(0, 2 * TICKETS, 2))
        assert set(statuses) <= {200, 403}
        assert set(forged) <= {401, 403}
        assert later == [200] * TICKETS
        store = CaseStore(database)
        cases = store.find("", limit=10 * TICKETS)
        assert len(cases) == TICKETS
        texts = [[entry.kind for entry in store.load(case.id).entries].count("pasted") for case in cases]
        assert texts == [2] * TICKETS
        settings = Config()
        settings.set_main_option("script_location", str(Path(store_module.__file__).parent / "migrations"))
        newest = ScriptDirectory.from_config(settings).get_current_head()
        with store.engine.connect() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == newest
        store.close()
