"""What several tests of the redaction share: how to redact, a JWT and a JWE, and the settings of the laws."""

from __future__ import annotations

import base64
import json

from hypothesis import HealthCheck, settings

from oauth_doctor.engine.redaction import Redactor

LAWS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def redact(text: str) -> str:
    return Redactor().redact(text).text


def segment(members: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


HEADER = {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
PAYLOAD = {
    "iss": "https://idp.example/v2.0",
    "aud": ["api", "account"],
    "sub": "u-1",
    "exp": 1700000000,
    "email": "ann@mail.example",
    "name": "Ann Example",
    "nonce": "n-1",
    "scp": "read write",
    "appid": "42",
    "ver": "2.0",
    "preferred_username": "ann",
}
JWT = f"{segment(HEADER)}.{segment(PAYLOAD)}.{'Sx9_kQ2-' * 10}"
JWE = f"{segment({'alg': 'dir', 'enc': 'A256GCM'})}..YWJjZGVmZ2hpamts.{'cHJ1ZWY4Nzk' * 6}.dGFnZ3RhZzEyMw"
BASE64_KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
