"""How two values differ: the kind of difference between what was expected and what came is often the diagnosis."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

KINDS = {
    "same": "they are equal",
    "empty": "one is empty",
    "whitespace": "only white space differs",
    "case": "only upper and lower case differ",
    "encoding": "only percent-encoding differs",
    "trailing_slash": "only a slash at the end differs",
    "scheme": "http against https",
    "subdomain": "one host is a sub-domain of the other",
    "host": "different hosts",
    "port": "different ports",
    "path_prefix": "one path begins with the other",
    "path": "different paths",
    "query": "different query strings",
    "fragment": "different fragments",
    "prefix": "one value begins with the other",
    "suffix": "one value ends with the other",
    "type": "a URL against something that is none",
    "other": "different in another way",
}


def difference(expected: str, got: str) -> list[str]:
    """Name every way in which two values differ, in the words of `KINDS`; never empty."""
    if expected == got:
        return ["same"]
    if not expected.strip() or not got.strip():
        return ["empty"]
    if expected.split() == got.split() or expected.strip() == got.strip():
        return ["whitespace"]
    if unquote(expected) == unquote(got):
        return ["encoding"]
    if expected.lower() == got.lower():
        return ["case"]
    if expected.rstrip("/") == got.rstrip("/"):
        return ["trailing_slash"]
    if _is_url(expected) != _is_url(got):
        return ["type"]
    if _is_url(expected):
        return _url_difference(expected, got)
    longer, shorter = sorted((expected, got), key=len, reverse=True)
    if longer.startswith(shorter):
        return ["prefix"]
    if longer.endswith(shorter):
        return ["suffix"]
    return ["other"]


def _is_url(value: str) -> bool:
    return "://" in value


def _url_difference(expected: str, got: str) -> list[str]:
    try:
        first, second = urlsplit(expected.strip()), urlsplit(got.strip())
        ports = first.port, second.port
        hosts = first.hostname or "", second.hostname or ""
    except ValueError:
        return ["other"]
    kinds: list[str] = []
    if first.scheme.lower() != second.scheme.lower():
        kinds.append("scheme")
    if hosts[0] != hosts[1]:
        nested = hosts[0].endswith("." + hosts[1]) or hosts[1].endswith("." + hosts[0])
        kinds.append("subdomain" if nested else "host")
    if ports[0] != ports[1]:
        kinds.append("port")
    if first.path != second.path:
        kinds.append(_path_difference(first.path, second.path))
    if first.query != second.query:
        kinds.append("query")
    if first.fragment != second.fragment:
        kinds.append("fragment")
    return kinds or ["other"]


def _path_difference(expected: str, got: str) -> str:
    if expected.rstrip("/") == got.rstrip("/"):
        return "trailing_slash"
    if expected.lower() == got.lower():
        return "case"
    longer, shorter = sorted((expected.rstrip("/") + "/", got.rstrip("/") + "/"), key=len, reverse=True)
    return "path_prefix" if longer.startswith(shorter) or longer.endswith(shorter) else "path"
