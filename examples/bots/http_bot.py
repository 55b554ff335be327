"""A bot over HTTP: shows the blocks of a case and sends back what is chosen. It knows nothing of OAuth.

python http_bot.py http://127.0.0.1:8350 [KEY]
"""

import json
import sys
import urllib.request

BASE, KEY = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None


def call(method: str, path: str, body: object = None) -> dict:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {KEY}"} if KEY else {})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(BASE + path, data, headers, method=method)) as answer:
        return json.load(answer)


print("What is the error message?")
case = "/v1/cases/" + call("POST", "/v1/cases", {"entries": [{"kind": "pasted", "text": input("> ")}]})["id"]
while True:
    blocks = call("GET", case + "/dialogue")["blocks"]
    shown = (
        [b for b in blocks if b["role"] == "closing"] or [b for b in blocks if b["role"] == "question"] or blocks[1:]
    )
    block = shown[0] if shown else None
    print(blocks[0]["text"])
    if block is None or all(option["send"]["kind"] == "reopened" for option in block["options"]):
        break
    print(block["text"])
    for number, option in enumerate(block["options"], start=1):
        print(f"  {number}. {option['label']}")
    said = input("> ")
    if said.isdecimal() and 0 < int(said) <= len(block["options"]):
        call("POST", case + "/entries", block["options"][int(said) - 1]["send"])
    elif block["input"] and said:
        call("POST", case + "/entries", {**block["input"], "value": said})
