"""A chat bot in the terminal on the Python API: paste an error, answer by number, Enter for "I don't know"."""

from datetime import UTC, datetime

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases.model import ENTRY, replay
from oauth_doctor.engine.guide import Guide, dialogue
from oauth_doctor.engine.redaction import Redactor


def entry(send: dict) -> object:
    return ENTRY.validate_python({**send, "at": datetime.now(UTC)})


guide = Guide(Doctor())
print("What does it say? (one line)")
entries = [entry({"kind": "pasted", "text": Redactor().redact(input("> ")).text})]
while True:
    blocks = dialogue(guide.look(replay(entries))).blocks
    print("\n" + blocks[0].text)
    asked = next((block for role in ("closing", "question", "step") for block in blocks if block.role == role), None)
    if asked is None or not asked.options:
        break
    print("\n" + asked.text)
    for number, option in enumerate(asked.options, 1):
        print(f"  {number}. {option.label}")
    try:
        said = input("> ").strip() or str(len(asked.options))
    except EOFError:
        break
    if said.isdecimal() and 1 <= int(said) <= len(asked.options):
        entries.append(entry(asked.options[int(said) - 1].send))
    elif asked.input:
        entries.append(entry({**asked.input, "value": said}))
    if entries[-1].kind == "closed":
        print("Closed. Goodbye!")
        break
