"""Planted secrets of every kind, format and encoding are searched in the outputs of the commands: none is there."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oauth_doctor.engine.cases.errors import CaseNotFoundError
from oauth_doctor.engine.redaction import Memory, Redactor, stream
from oauth_doctor.engine.redaction.documents import is_json, redact_json, redact_json_lines
from oauth_doctor.engine.redaction.markup import text_of_html

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))
import outputs
import planting
import redaction as benchmark
from made_secrets import chars
from searching import Search

TEXTS, SECRETS = planting.plant(seed=20, count=800)


def test_the_search_finds_what_is_planted() -> None:
    for text, secret in zip(TEXTS[:250], SECRETS[:250], strict=True):
        assert Search([secret]).leaks(text), (secret, text)


def test_no_text_by_itself_leaks() -> None:
    alone = [Redactor().redact(text).text for text in TEXTS]
    assert [text.count("\n") for text in alone] == [text.count("\n") for text in TEXTS]
    found = Search(SECRETS).leaks("\n".join(alone))
    assert not found, [(secret.kind, secret.frame) for secret in found]


def test_all_texts_together_leak_nothing_and_are_stable() -> None:
    once = Redactor().redact("\n".join(TEXTS)).text
    assert not Search(SECRETS).leaks(once)
    assert Redactor().redact(once).text == once


# Reports differ in their markup only: each command is tried in the forms that say most. The benchmark takes all.
SAYING_MOST = {
    name: [
        command
        for command in chain
        if "--output" not in command.arguments
        or "json" in command.arguments
        or command.arguments[0] in ("ask", "watch")
    ]
    for name, chain in outputs.chains().items()
}


@pytest.mark.parametrize("chain", [chain for chain in SAYING_MOST.values() if chain], ids=lambda chain: str(chain[0]))
def test_no_command_leaks(chain: list[outputs.Command], tmp_path: Path) -> None:
    for command in chain:
        written = list(outputs.outputs(command, TEXTS[:300], tmp_path))
        assert any(written)
        found = Search(SECRETS[:300]).leaks("\n".join(written))
        assert not found, (str(command), [(secret.kind, secret.frame) for secret in found])


def test_harmless_text_stays() -> None:
    text = benchmark.harmless(random.Random(20), 100_000, 0.5)
    assert Redactor().redact(text).text == text


def test_names_in_tags_are_seen_before_the_tags_are_gone() -> None:
    page = (
        "<html><head><style>p {}</style><script>x()</script></head><body><p>It says &lt;invalid_grant&gt;</p>"
        "<table><tr><th>client_secret</th><td>Zx81JkQ0pLmN2vT7</td></tr></table><br/>"
        "<authToken>Yx81JkQ0pLmN2vT8</authToken> seen Yx81JkQ0pLmN2vT8</body></html>"
    )
    text = text_of_html(page)
    assert "It says <invalid_grant>" in text
    assert "x()" not in text
    assert "JkQ0pLmN2v" not in text
    assert text.count("<access_token:") + text.count("<token:") >= 2, text
    assert text_of_html("<script>" * 3 + "still there") == "still there"


@pytest.mark.parametrize("frame", ["HTML table", "SOAP", "XML"])
def test_a_mail_in_html_leaks_nothing(frame: str) -> None:
    for text, secret in zip(TEXTS, SECRETS, strict=True):
        if secret.frame == frame:
            plain = Redactor().redact(text_of_html(f"<div>{text}</div>")).text
            assert not Search([secret]).leaks(plain), (text, plain)


def test_a_case_that_is_none_is_not_repeated() -> None:
    for odd in ("client_secret: Zx81JkQ0pLmN2vT7", "ghp_" + "a1B2c3D4" * 4 + "e5F6"):
        assert odd[-9:] not in str(CaseNotFoundError(odd))
    assert "case 'zendesk-17'" in str(CaseNotFoundError("zendesk-17"))


# --- JSON and HAR stay what they were ---------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *TEXTS[:160:3],
        "plain",
        "",
        '"',
        "\\",
        "\n",
        "\\u0022",
        "client_secret=",
        "password: ",
        "Bearer ",
        "\ud83d\ude00",
        "ß",
    ]
)
STRINGS = st.one_of(st.text(max_size=20), st.lists(PIECES, max_size=3).map("".join))
KEYS = st.one_of(
    st.sampled_from(
        ["name", "value", "text", "encoding", "body", "password", "access_token", "cookies", "headers", "code"]
    ),
    st.text(max_size=6),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), STRINGS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=60)
@given(value=st.dictionaries(KEYS, VALUES, max_size=4), indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_json_stays_json(value: dict[str, object], indent: int | None, ascii_only: bool) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assume(is_json(data))  # a lone surrogate is none
    redacted, secrets = redact_json(data, Redactor())
    if not secrets:
        assert redacted == data
    assert _same_but_placeholders(json.loads(data), json.loads(redacted))


def _same_but_placeholders(before: object, after: object) -> bool:
    """The same members in the same order; only scalars and names that became (or now hold) placeholders differ."""
    if isinstance(before, dict):
        return (
            isinstance(after, dict)
            and len(after) == len(before)
            and all(
                (old == new or "<" in new) and _same_but_placeholders(before[old], after[new])
                for old, new in zip(before, after, strict=True)
            )
        )
    if isinstance(before, list):
        return isinstance(after, list) and len(after) == len(before) and all(map(_same_but_placeholders, before, after))
    return before == after or (isinstance(after, str) and (":" in after or _holds_base64(after)))


def _holds_base64(text: str) -> bool:
    try:
        return b":" in base64.b64decode(text, validate=True)
    except ValueError:
        return False


def test_har_with_everything_in_it_stays_valid() -> None:
    har = {
        "log": {
            "version": "1.2",
            "entries": [
                {
                    "request": {
                        "url": "https://app.example/cb?code=4/0AX4XfWhabcdefgh&state=abc123XYZ",
                        "headers": [{"name": "Authorization", "value": "Bearer Zx81JkQ0pLmN2vT7"}],
                        "cookies": [{"name": "sid", "value": 'q"uoted\\12345678'}],
                        "postData": {
                            "text": 'a\r\npassword="hun\\"ter22"\r\n',
                            "params": [{"name": "code", "value": "aB3dE5gH"}],
                        },
                    },
                    "response": {
                        "status": 200,
                        "content": {
                            "size": 1,
                            "encoding": "base64",
                            "text": base64.b64encode(b'{"refresh_token": "Yx81JkQ0pLmN2vT8"}').decode(),
                        },
                    },
                }
            ],
        }
    }
    redacted = json.loads(redact_json(json.dumps(har, indent=2).encode(), Redactor())[0])
    entry = redacted["log"]["entries"][0]
    assert entry["request"]["headers"][0]["value"] == "Bearer <access_token:1>"
    assert entry["request"]["cookies"][0]["value"].startswith("<cookie:")
    assert "ter22" not in json.dumps(redacted)
    assert json.loads(base64.b64decode(entry["response"]["content"]["text"])) == {"refresh_token": "<refresh_token:1>"}
    assert entry["response"]["status"] == 200


def test_what_seems_to_go_on_in_another_member_takes_no_member_with_it() -> None:
    key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 3
    begin, end = "-----BEGIN PRIVATE KEY-----" + key, key + "-----END PRIVATE KEY-----"
    entries = [{"a": begin}, {"b": "between"}, *({"c": str(number)} for number in range(30)), {"d": end}]
    document = json.dumps({"entries": entries}).encode()
    redacted, _ = redact_json(document, Redactor())
    assert outputs.shape(json.loads(redacted)) == outputs.shape(json.loads(document))
    assert key not in redacted.decode()
    lines, _ = redact_json_lines(document + b"\n" + document, Redactor())
    assert [outputs.shape(json.loads(line)) for line in lines.split(b"\n")] == 2 * [outputs.shape(json.loads(document))]


def test_same_secret_same_placeholder_in_all_members() -> None:
    secret = "Zx81JkQ0pLmN2vT7"
    body = base64.b64encode(json.dumps({"access_token": secret}).encode()).decode()
    document = {"a": {"text": body, "encoding": "base64"}, "b": f"token={secret}\nx", "c": f"seen {secret}"}
    redacted = json.loads(redact_json(json.dumps(document).encode(), Redactor())[0])
    assert json.loads(base64.b64decode(redacted["a"]["text"])) == {"access_token": "<access_token:1>"}
    assert redacted["b"] == "token=<access_token:1>\nx"
    assert redacted["c"] == "seen <access_token:1>"


def test_json_lines_stay_json_lines() -> None:
    lines = [json.dumps({"message": text}) for text in TEXTS[:200]]
    redacted, _ = redact_json_lines("\n".join(lines).encode(), Redactor())
    after = redacted.decode().split("\n")
    assert len(after) == len(lines)
    assert all(is_json(line.encode()) for line in after)


# --- Any length, any bytes --------------------------------------------------------------------------------------------


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\n" + "\n".join(chars(random.Random(1), 64) for _ in range(40))
    pem += "\n-----END PRIVATE KEY-----\n"
    text = "".join(
        f"line {number} harmless\n" * 3 + (pem if number % 7 == 0 else f"{TEXTS[number]}\n") for number in range(120)
    )
    monkeypatch.setattr(stream, "BLOCK", 20_000)
    monkeypatch.setattr(stream, "_WINDOW", 16_000)
    one, memory = Redactor(), Memory()
    data = text.encode()
    blocks = [data[at : at + 777] for at in range(0, len(data), 777)]
    parts = list(stream.redact_blocks(blocks, one, lambda part: one.redact_bytes(part, memory)))
    assert len(parts) > 5
    redacted = b"".join(part for part, _ in parts).decode()
    assert redacted.count("\n") == text.count("\n")
    assert redacted.count("BEGIN PRIVATE KEY-----\n<private_key:") == text.count("BEGIN PRIVATE KEY")
    assert not Search(SECRETS[:120]).leaks(redacted)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.one_of(st.binary(max_size=9), PIECES.map(lambda text: text.encode("utf-8", "surrogatepass"))), max_size=4
        ).map(b"".join),
    )
)
def test_any_bytes_are_survived_and_stable(data: bytes) -> None:
    once, _ = Redactor().redact_bytes(data)
    assert once.count(b"\n") == data.count(b"\n")
    assert Redactor().redact_bytes(once)[0] == once


def test_wrapper_and_direct_calls_agree() -> None:
    """Patterns are called past the re2 package's own wrapper; its results are the standard."""
    import re2

    from oauth_doctor.engine.redaction import patterns

    for source, data in ((r"(a+)(b)?", b"xaab aa b"), (r"\b[a-z]{2}\b", b"ab abc de"), (r"", b"ab"), (r"x*", b"axxb")):
        options = patterns._options(groups=True)
        standard = re2.compile(source.encode(), options)
        ours = patterns.compile_pattern(source)
        assert [found.span() for found in ours.finditer(data)] == [found.span() for found in standard.finditer(data)]
        for method in ("search", "match", "fullmatch"):
            for start in range(len(data) + 2):
                a, b = getattr(ours, method)(data, start), getattr(standard, method)(data, start)
                assert (a and (a.span(), a[0])) == (b and (b.span(), b.group()))


# --- The command ------------------------------------------------------------------------------------------------------


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "oauth_doctor.cli.main", "redact", *arguments],
        input=given,
        capture_output=True,
        check=False,
    )


def test_redact_counts_on_stderr_and_keeps_bytes() -> None:
    done = run(given=b"\xef\xbb\xbfpassword=hunter22\r\n\xff\xfe odd\r\nann@mail.example")
    assert done.returncode == 0
    assert done.stdout == b"\xef\xbb\xbfpassword=<password:1>\r\n\xff\xfe odd\r\n<email:1>"
    assert b"2 replaced (2 different): email 1, password 1" in done.stderr


def test_redact_writes_beside_the_input_never_over_it(tmp_path: Path) -> None:
    source, copy = tmp_path / "a.log", tmp_path / "b.log"
    source.write_text("password=hunter22\n")
    assert run(str(source), "--output", str(source)).returncode == 2
    assert source.read_text() == "password=hunter22\n"
    assert run(str(source), "--output", str(copy)).returncode == 0
    assert copy.read_text() == "password=<password:1>\n"
    assert run(str(source), "--in-place").returncode == 0
    assert source.read_text() == "password=<password:1>\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "b.log"]


@pytest.mark.parametrize(
    ("arguments", "given", "expected"),
    [
        (("missing.log",), b"", b"missing.log: cannot be read"),
        (("-", "--in-place"), b"", b"--in-place: expected a FILE"),
        (("-",), b"\x1f\x8b\x08\x00", b"is compressed"),
        (("-",), b"\x00\x01\x02", b"is binary"),
        (("-", "--output", "/nowhere/at/all"), b"x", b"cannot be written"),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], given: bytes, expected: bytes) -> None:
    done = run(*arguments, given=given)
    assert done.returncode == 2
    assert expected in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert done.stdout == b""


def test_addresses_and_hosts_on_request() -> None:
    text = b"GET https://api.internal.corp/x from 10.1.2.3"
    assert run(given=text).stdout == text
    assert run("--ips", "--hosts", given=text).stdout == b"GET https://<host:1>/x from <address:1>"


def test_utf_16_becomes_utf_8() -> None:
    assert run(given="password=hunter22".encode("utf-16")).stdout == b"password=<password:1>"
