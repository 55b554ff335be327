"""What a log is searched for, and that every search finds the same lines."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.knowledge.cache import cache_folder
from oauth_doctor.engine.scan import Anchors, derive_anchors, make_search, sieve
from oauth_doctor.engine.scan.company import Company, alone, needs_of
from oauth_doctor.engine.scan.everyday import before, companions_of, everyday, outside
from oauth_doctor.engine.scan.phrases import phrases_of
from oauth_doctor.engine.scan.sieve import sieved
from oauth_doctor.engine.text.patterns import compile_pattern
from oauth_doctor.engine.text.ways import ways_of

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from loggen import INCIDENTS
from test_log_examples import EXAMPLES

MISMATCH = b"2026-03-02T06:00:01Z ERROR [a1b2c3d4] Error 400: redirect_uri_mismatch\n"
PLAIN = b"2026-03-02T06:00:00Z INFO [c0ffee00] order 4711 accepted for user 17 in 12 ms\n"


@pytest.fixture(scope="module")
def hyperscan_search(anchors: Anchors) -> Iterator[object]:
    pytest.importorskip("hyperscan", reason="the package hyperscan has no wheel here")
    return make_search(anchors, "hyperscan")


# Anchors ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "phrases"),
    [
        (r"invalid\s+grant", [{"invalid grant"}]),
        (r"client (?:id|secret)[^\n]{0,20}not valid", [{"client id", "client secret"}, {"not valid"}]),
        (r"\bcolou?rs?\b", [{"color", "colour", "colors", "colours"}]),
        (r"(?:ab|cd)+x", [{"ab", "cd"}, {"x"}]),
        (r"[a-z]{3}", []),
        (r"a(?=b", []),
    ],
)  # fmt: skip
def test_phrases_of_a_pattern(pattern: str, phrases: list[set[str]]) -> None:
    assert [set(one) for one in phrases_of(pattern)] == phrases


def test_anchors_name_failures(anchors: Anchors) -> None:
    found = set(anchors.phrases)
    assert any(b"redirect_uri_mismatch" in one for one in found)
    for word in (b"access token", b"redirect_uri", b"client_id", b"error", b"accounts.google.com", b"oauth"):
        assert word not in found
    assert anchors.vocabulary
    assert all(len(one) >= 5 for one in found)


def test_anchors_come_from_the_cache(doctor: Doctor, anchors: Anchors) -> None:
    folder = cache_folder()
    assert folder is not None
    file = folder / f"scan-anchors-{anchors.key}"
    assert file.exists()
    assert derive_anchors(doctor.knowledge) == anchors
    file.write_bytes(b"rubbish\n" + file.read_bytes()[41:])
    assert derive_anchors(doctor.knowledge) == anchors


def test_what_a_phrase_needs_beside_it_is_in_every_match() -> None:
    pattern = r"Authentication\s+failed.{0,60}role\s+\w+\s+could\s+not\s+be\s+found|retries\s+exhausted"
    needs = needs_of(ways_of(pattern))
    assert not alone("authentication failed", needs)
    assert alone("retries exhausted", needs)
    company = Company({b"authentication failed": (needs,)})
    matches = [
        b"AUTHENTICATION  FAILED: role  dev could not\tbe found",
        b"msg=Authentication+failed%3A+role+dev+could+not+be+found",
        b'{"log":"{\\"msg\\":\\"Authentication failed: role dev could\\u0020not be found\\"}"}',
        b"Authentication failed: role&nbsp;dev could&#32;not be found",
    ]
    for line in matches:
        assert company.suffices({b"authentication failed"}, [line]), line
    assert company.suffices({b"authentication failed"}, [b"authentication failed", b"role x could not be found"])
    assert not company.suffices({b"authentication failed"}, [b"SASL LOGIN authentication failed: generic failure"])
    assert company.suffices({b"redirect_uri_mismatch"}, [b"anything"])


def test_whatever_a_signature_matches_has_the_company_it_needs(doctor: Doctor) -> None:
    """A law of the derivation, tried on the examples and on what the articles say."""
    lines = [line for name in EXAMPLES.iterdir() for line in name.read_text(errors="replace").splitlines()]
    lines += [text for cause in doctor.knowledge.causes.values() for text in cause.appears]
    lines += [message for incident in INCIDENTS for _, message in incident]
    folded = [" ".join(line.lower().split()) for line in lines]
    tried = 0
    for _, pattern, ways in doctor.knowledge.search_plan.as_written():
        needs = needs_of(ways)
        longest = max((phrase for way in needs for clause in way for phrase in clause), key=len, default="")
        near = [place for place, line in enumerate(folded) if longest in line] if len(longest) > 7 else []
        compiled = compile_pattern(pattern) if near else None
        for place in near:
            if compiled.search(lines[place].encode()):  # type: ignore[union-attr]
                tried += 1
                assert Company({b"x": (needs,)}).suffices({b"x"}, [lines[place].encode()]), (pattern, lines[place])
    assert tried > 50


# Everyday phrases ------------------------------------------------------------------------------------------------------


def test_every_everyday_phrase_is_searched_more_narrowly(anchors: Anchors) -> None:
    data = everyday()
    for phrase in data.phrases:
        assert phrase.encode() in anchors.patterns, f"{phrase!r}: no signature needs it, or one needs nothing beside it"
    for text in data.texts:
        assert any(phrase in text.encode() for phrase in anchors.patterns), f"{text!r}: holds no phrase of a failure"


@pytest.mark.parametrize(
    ("line", "worth"),
    [
        ("sshd[7]: pam_unix(sshd:auth): authentication failure; logname= uid=0", False),
        ("login: Authentication failure; user=x", True),
        ('FATAL:  password authentication failed for user "app"', False),
        ("OAuth authentication failed for user 7", True),
        ("warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: authentication failure", False),
        ("warning: mail.example[192.0.2.7]: SASL XOAUTH2 authentication failed: x", True),
        ('ERROR:  duplicate key value violates unique constraint "orders_pkey"', False),
        ('ERROR:  duplicate key value violates unique constraint "users_email_key"', True),
        ('{"msg":"access token refreshed","expires_in":300}', False),
        ("TypeError: Cannot read properties of undefined (reading 'expires_in')", True),
        ('{"error":"x","expires_in":null}', True),
        ('192.0.2.7 - - "GET /oauth2/authorization/keycloak HTTP/1.1" 302 0', False),
    ],
)
def test_what_software_writes_all_day_is_left_alone(anchors: Anchors, line: str, worth: bool) -> None:
    for search in (make_search(anchors), make_fallback(anchors)):
        assert bool(search.lines(line.encode())) == worth


@given(
    st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=4),
    st.text("ab", min_size=1, max_size=2),
    st.text("abc\n", max_size=30),
)
def test_outside_of_messages(messages: list[str], phrase: str, text: str) -> None:
    """A law: a phrase is found just where one of its places in a line is covered by no place of a message."""

    def covered(line: str, at: int) -> bool:
        return any(
            line.startswith(message, start)
            for message in messages
            for start in range(len(line))
            if start <= at and at + len(phrase) <= start + len(message)
        )

    expected = any(
        line.startswith(phrase, at) and not covered(line, at) for line in text.split("\n") for at in range(len(line))
    )
    assert any(re.search(one, text, re.MULTILINE) for one in outside(phrase, messages)) == expected


@given(
    st.text("ab ", min_size=1, max_size=4),
    st.sets(st.text("abc", min_size=1, max_size=3), min_size=1),
    st.text("abc \n"),
)
def test_before_a_companion(phrase: str, companions: set[str], text: str) -> None:
    """A law: a phrase is found wherever a companion stands behind it in its line."""
    found = any(re.search(one, text) for one in before(phrase, companions))
    lines = text.split("\n")
    behind = any(
        line.startswith(phrase, at) and any(one in line[at + len(phrase) :] for one in companions)
        for line in lines
        for at in range(len(line))
    )
    assert found or not behind
    assert not found or any(phrase in line and any(one in line for one in companions) for line in lines)


def test_companions_are_asked_for_only_where_nothing_is_lost() -> None:
    needs = needs_of(ways_of(r"duplicate\s+key.{0,60}e-?mail|key\s+taken.{0,20}username"))
    assert companions_of("duplicate key", [needs]) == {"e-mail", "email", "key taken"}
    assert companions_of("key taken", [needs_of(ways_of(r"key\s+taken"))]) is None
    assert companions_of("key taken", [needs, ()]) is None


# Search ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["cut", "rubbish", "valid digest"])
def test_a_damaged_database_is_made_anew(anchors: Anchors, damage: str) -> None:
    pytest.importorskip("hyperscan", reason="the package hyperscan has no wheel here")
    from oauth_doctor.engine.scan import cache

    make_search(anchors, "hyperscan")
    folder = cache_folder()
    assert folder is not None
    (file,) = folder.glob("scan-database-*")
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:1000])
    elif damage == "rubbish":
        file.write_bytes(b"\x00" * 5000)
    else:  # of another version: complete, but nothing that this one can read
        cache.store(file.name.removeprefix("scan-"), b"not a database")
    search = make_search(anchors, "hyperscan")
    assert search.lines(PLAIN + MISMATCH) == [(len(PLAIN), len(PLAIN + MISMATCH) - 1)]
    assert len(file.read_bytes()) > 100_000


@settings(max_examples=150)
@given(data=st.data())
def test_both_searches_find_the_same_lines(anchors: Anchors, hyperscan_search: object, data: st.DataObject) -> None:
    phrase = st.sampled_from(anchors.phrases)
    changed = (
        phrase.map(bytes.upper)
        | phrase.map(bytes.title)
        | phrase.map(lambda one: one[:-1])
        | phrase.map(lambda one: one[1:])
    )
    everyday_words = [b" email ", b" for user ", b"SASL LOGIN ", b"password ", b"; logname=", b" error ", b" cors "]
    piece = (
        phrase
        | st.sampled_from(sorted(anchors.patterns))
        | st.sampled_from(everyday_words)
        | changed
        | st.binary(max_size=12)
        | st.sampled_from([b"\n", b"\r\n", b" ", b"\x00", b"\xc3\x89", b"\xff"])
    )
    block = b"".join(data.draw(st.lists(piece, max_size=30)))
    expected = []
    at = 0
    for line in block.split(b"\n"):
        folded = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in line)
        if any(_stands(one, folded, anchors) for one in anchors.phrases if one in folded):
            expected.append((at, at + len(line)))
        at += len(line) + 1
    assert hyperscan_search.lines(block) == expected  # type: ignore[attr-defined]
    assert make_fallback(anchors).lines(block) == expected


def _stands(phrase: bytes, line: bytes, anchors: Anchors) -> bool:
    patterns = anchors.patterns.get(phrase)
    return patterns is None or any(re.search(pattern.encode(), line) for pattern in patterns)


_FALLBACK: list[object] = []


def make_fallback(anchors: Anchors):  # type: ignore[no-untyped-def]
    if not _FALLBACK:
        _FALLBACK.append(make_search(anchors, "re2"))
    return _FALLBACK[0]


def test_alternatives_without_a_word_in_common_are_searched_each(anchors: Anchors) -> None:
    found = make_search(anchors).lines(b"a\nBadJWTException: Expired JWT\nsession expired\n")
    assert found == [(2, 30)]


def test_a_sieve_finds_the_same_lines_whatever_it_learnt_from(anchors: Anchors) -> None:
    pytest.importorskip("hyperscan")
    search = make_search(anchors, "hyperscan")
    source = random.Random(5)
    lines = [line for name in sorted(EXAMPLES.iterdir()) for line in name.read_bytes().splitlines()]
    lines += [message.encode() for incident in INCIDENTS for _, message in incident]
    lines += [source.choice(anchors.phrases).upper()[: source.randrange(1, 40)] for _ in range(300)]
    source.shuffle(lines)
    text = b"\n".join(lines)
    expected = search.lines(text)
    assert len(expected) > 50
    for sample in (b"", text, text[: len(text) // 3], b"the ordinary lines of another log\n"):
        assert sieved(search, sample).lines(text) == expected


def test_a_sieve_that_lets_too_much_through_gives_way(anchors: Anchors, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("hyperscan")
    monkeypatch.setattr(sieve, "_TRIED", 1000)
    search = make_search(anchors, "hyperscan")
    whole, pieces = sieve.rare_fragments(anchors.phrases, b"")
    assert len(whole) + len(pieces) < len(anchors.phrases)
    assert all(any(piece in phrase for piece in pieces) for phrase in anchors.phrases if phrase not in whole)
    vain = next(piece for piece in pieces if not search.lines(piece))
    behind = sieved(search, b"")
    block = b"\n".join([vain] * 500)
    scanned = []
    assert [behind.lines(block) for _ in range(3)] == [[], [], []]
    monkeypatch.setattr(sieve, "_note", lambda *found: scanned.append(found))
    behind.lines(block)
    assert scanned == []  # the phrases themselves are searched now
