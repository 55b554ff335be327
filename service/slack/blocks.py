"""A dialogue as Block Kit, within what Slack takes: 3000 characters a text, 75 a button, 25 elements, 50 blocks.

Texts are `plain_text`: nothing that a log says becomes a mention, a link or a format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ...engine.guide import Dialogue
from ...engine.guide.dialogue import Block, Option

LONGEST_TEXT = 3000
LONGEST_LABEL = 75
LONGEST_VALUE = 2000
MOST_ELEMENTS = 25
MOST_BLOCKS = 50
ACTION = "od:"  # how the ids of our actions begin
CHECKS = "od-checks"
_LONGEST_OPTION_VALUE = 75
_LONGEST_NOTICE = 700  # characters; escaped they may become five times as many, and 4000 are taken
_MOST_TEXTS = 6  # of one block of the dialogue


def blocks_of(shown: Dialogue, case_id: str) -> list[dict[str, Any]]:
    """The blocks of one message."""
    made: list[dict[str, Any]] = []
    for number, block in enumerate(shown.blocks):
        if made:
            made.append({"type": "divider"})
        made.extend(_block(block, case_id, number))
    if len(made) > MOST_BLOCKS:
        made = [*made[: MOST_BLOCKS - 1], _section("There is more: open the case on the web page.")]
    return made


def text_of(shown: Dialogue) -> str:
    """What notifications and screen readers say, escaped as Slack wants it in `text`."""
    text = next((block.text for block in shown.blocks if block.role == "summary"), "")
    return cut(text, _LONGEST_NOTICE).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, longest: int) -> str:
    """The text, shortened where it is longer."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _block(block: Block, case_id: str, number: int) -> Iterator[dict[str, Any]]:
    yield from (_section(part) for part in _parts(block.text))
    buttons = [(option, option.label) for option in block.options]
    if block.several and block.kind == "options":
        chosen = [option for option in block.options if _fits(option)]
        buttons = [(option, option.label) for option in block.options if option not in chosen]
        if chosen:
            yield {"type": "actions", "block_id": f"od-set-{number}", "elements": [_checks(chosen)]}
            facts = {option.send["fact"] for option in chosen}
            together = Option(label="Send", send={"kind": "answered", "fact": facts.pop(), "value": []})
            buttons.insert(0, (together, "Send"))
    elements = [_button(option, label, case_id, f"{number}-{place}") for place, (option, label) in enumerate(buttons)]
    for begin in range(0, len(elements), MOST_ELEMENTS):
        yield {"type": "actions", "elements": elements[begin : begin + MOST_ELEMENTS]}
    if block.kind == "input" and block.input is not None:
        yield _input(block.input, case_id, number)


def _fits(option: Option) -> bool:
    value = option.send.get("value")
    return option.send.get("kind") == "answered" and isinstance(value, str) and 0 < len(value) <= _LONGEST_OPTION_VALUE


def _checks(options: list[Option]) -> dict[str, Any]:
    shown = [{"text": _plain(option.label, LONGEST_LABEL), "value": option.send["value"]} for option in options]
    return {"type": "checkboxes", "action_id": CHECKS, "options": shown}


def _button(option: Option, label: str, case_id: str, place: str) -> dict[str, Any]:
    value = json.dumps({"case": case_id, "send": option.send}, ensure_ascii=False, separators=(",", ":"))
    if len(value) > LONGEST_VALUE:
        value = json.dumps({"case": case_id, "send": None})
    return {"type": "button", "action_id": f"{ACTION}{place}", "text": _plain(label, LONGEST_LABEL), "value": value}


def _input(send: dict[str, Any], case_id: str, number: int) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": f"{ACTION}input", "max_length": LONGEST_TEXT}
    return {
        "type": "input",
        "block_id": f"od|{case_id}|{send.get('fact', '')}|{number}",
        "dispatch_action": True,
        "label": _plain("Something else (Enter sends it)", 2000),
        "element": element,
    }


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text, LONGEST_TEXT)}


def _plain(text: str, longest: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": cut(text.strip() or "-", longest), "emoji": False}


def _parts(text: str) -> Iterator[str]:
    """The text in pieces that fit, broken between lines where that is possible."""
    for _ in range(_MOST_TEXTS):
        if len(text) <= LONGEST_TEXT:
            break
        end = text.rfind("\n", 1, LONGEST_TEXT)
        end = end if end > 0 else LONGEST_TEXT
        yield text[:end]
        text = text[end:].lstrip("\n")
    else:
        text = cut(text, LONGEST_TEXT)
    if text.strip():
        yield text
