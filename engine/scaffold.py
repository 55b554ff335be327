"""Beginnings for `kb new`: small valid files that say what belongs where."""

from __future__ import annotations

from datetime import UTC, datetime

_CAUSE = """---
id: {id}
title: Say in under 70 characters what is wrong
summary: >-
  Say in one paragraph why this makes the integration fail, mechanism first, in plain words.
appears:
  - Say in one sentence when it is seen.
prior: uncommon
profile:
  phase: {{token_exchange: usual, authorize: possible}}
  worked_before: {{true: common}}
look_alikes: {{}}
references:
  - {{title: "The OAuth 2.0 Authorization Framework", url: "https://www.rfc-editor.org/rfc/rfc6749", checked: {today}}}
steps:
  - {{id: first-step, who: client-admin, minutes: 5}}
---
## first-step
Say what to do in {{{{ platform.setup_page }}}}.

Verify: Say how to see that it worked.
"""

_RULE = """references:
  - {{title: "The OAuth 2.0 Authorization Framework", url: "https://www.rfc-editor.org/rfc/rfc6749", checked: {today}}}
signatures:
  - id: {id}-message
    pattern: 'a telling part of the message of {id}'
    supports: {{connection-settings-mismatch: moderate}}
    fires: ["Error: a telling part of the message of {id}"]
    silent: ["another message of {id}"]
rules:
  - id: {id}-circumstances
    when: {{phase: token_exchange, recent_change: secret}}
    supports: {{client-secret-invalid: weak}}
    why: Say in one sentence why these facts speak for the cause.
    fires: [{{facts: {{phase: token_exchange, recent_change: secret}}}}]
    silent: [{{facts: {{phase: authorize, recent_change: secret}}}}]
"""

_PROVIDER = """id: {id}
name: {id}
aliases: []
hosts: ["login.{id}.example"]      # host names in URLs that show this provider; sub-domains belong to it
documentation: "https://{id}.example/docs"
console:                           # places: see kb/terms.yaml
  credentials: {{name: "Client credentials (developer console)", url: "https://{id}.example/console"}}
policies:                          # one or two sentences each: see kb/terms.yaml
  client_authentication: Say how the token endpoint wants client id and secret.
references:
  - {{title: "Developer documentation", url: "https://{id}.example/docs", checked: {today}}}
"""

_KINDS = {
    "cause": ("kb/causes/{id}.md", _CAUSE),
    "rule": ("rules/providers/{id}.yaml", _RULE),
    "provider": ("kb/providers/{id}.yaml", _PROVIDER),
}


def scaffold(kind: str, identifier: str) -> tuple[str, str]:
    """Path (below a knowledge folder) and content of a new `cause`, `rule` or `provider` file.

    Raises:
        KeyError: no such kind.
    """
    path, template = _KINDS[kind]
    today = datetime.now(UTC).date().isoformat()
    return path.format(id=identifier), template.format(id=identifier, today=today)
