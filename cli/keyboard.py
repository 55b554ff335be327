"""Input for `ask`: single keys where the terminal can do it, lines elsewhere."""

from __future__ import annotations

import contextlib
import sys


def read_line(prompt: str) -> str | None:
    """A line without its end, or None when the input is over. The prompt goes to stderr."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
        return None
    return line.strip()


def read_key(prompt: str) -> str | None:
    """One key without Enter (Enter itself is empty text), or a line where keys cannot be read."""
    try:
        import termios
        import tty
    except ImportError:
        return read_line(prompt)
    descriptor = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:
        return read_line(prompt)
    sys.stderr.write(prompt)
    sys.stderr.flush()
    try:
        tty.setcbreak(descriptor, termios.TCSADRAIN)  # what was typed ahead counts
        key = sys.stdin.read(1)
        if key == "\x1b":  # an arrow or function key: its rest is no answer
            with contextlib.suppress(OSError):
                termios.tcflush(descriptor, termios.TCIFLUSH)
            key = "\x00"
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
    sys.stderr.write("\n")
    if not key or key == "\x04":
        return None
    return "" if key in "\r\n" else key


def read_text() -> str:
    """Lines up to one with a single dot, or to the end of the input."""
    lines: list[str] = []
    while (line := sys.stdin.readline()) and line.rstrip("\r\n") != ".":
        lines.append(line.rstrip("\r\n"))
    return "\n".join(lines)
