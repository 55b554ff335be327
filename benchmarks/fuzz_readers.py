"""Coverage-guided fuzzing of every reader, with atheris where it is installed: no crash, no hang.

pip install atheris
python benchmarks/fuzz_readers.py -max_total_time=120 -timeout=5 -max_len=4096 [CORPUS]
"""

from __future__ import annotations

import sys

try:
    import atheris
except ImportError:
    sys.exit("this needs atheris: pip install atheris (it has no wheels for every Python)")

with atheris.instrument_imports():
    from oauth_doctor.engine.logs import Joiner, detect, readers, split_lines, template_of

NAMES = sorted(readers())


def one_input(data: bytes) -> None:
    """The first byte chooses the reader; the rest is the log."""
    if not data:
        return
    content = data[1:]
    choice = data[0] % (len(NAMES) + 1)
    reader = readers()[NAMES[choice]] if choice < len(NAMES) else detect(content)
    joiner = Joiner()
    for event in reader.events(split_lines([content], longest=1024, pieces=reader.documents), "x"):
        if event.line < 1 or event.lines < 1:
            raise AssertionError(f"{reader.name}: line {event.line}, {event.lines} lines")
        template_of(event.text)
        joiner.add(event)
    joiner.flush()


def main() -> None:
    """Fuzz until told to stop."""
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
