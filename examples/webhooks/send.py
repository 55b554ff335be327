"""Sends a webhook as its sender would, signed: send.py SCHEME env:NAME|file:PATH URL FILE"""

import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from pathlib import Path

from oauth_doctor.service.helpdesk.signatures import headers_for, schemes

if len(sys.argv) != 5 or sys.argv[1] not in schemes():
    sys.exit(f"{__doc__}; schemes: {', '.join(schemes())}")
name, (kind, _, place), url, file = sys.argv[1], sys.argv[2].partition(":"), sys.argv[3], sys.argv[4]
secret = os.environ.get(place, "") if kind == "env" else Path(place).read_text().strip()
stamp = datetime.now(UTC).isoformat() if schemes()[name].clock == "iso8601" else str(int(time.time()))
body = Path(file).read_bytes()
headers = headers_for(schemes()[name], secret, stamp, body, f"msg_{uuid.uuid4().hex}")
request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
try:
    with urllib.request.urlopen(request) as response:
        print(response.status, response.read().decode())
except urllib.error.HTTPError as error:
    sys.exit(f"{error.code} {error.read().decode()}")
