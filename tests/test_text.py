"""From text to facts: derived lines, patterns, differences."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.knowledge.packed import Packed, pack
from oauth_doctor.engine.redaction import Redactor
from oauth_doctor.engine.text import automaton, literals
from oauth_doctor.engine.text.alternatives import alternatives_of
from oauth_doctor.engine.text.automaton import LiteralAutomaton, LiteralSearch
from oauth_doctor.engine.text.difference import KINDS, difference
from oauth_doctor.engine.text.literals import (
    BORDER,
    SHORTEST,
    FiledLiterals,
    Rarity,
    file_literals,
    fold,
    fold_part,
    keys_in,
    without_borders,
)
from oauth_doctor.engine.text.patterns import PatternError, check_pattern, compile_pattern, loosen_spaces, most_pieces
from oauth_doctor.engine.text.signatures import SignatureMatcher
from oauth_doctor.engine.text.views import Document, read_document
from oauth_doctor.engine.text.ways import ways_of


def document(text: str) -> Document:
    redactor = Redactor()
    return read_document(redactor.redact(text), redactor)


def derived(text: str) -> set[str]:
    return set(document(text).text.split("\n"))


@pytest.mark.parametrize(("text", "lines"), [
    (
        "GET https://login.example.com:8443/auth?redirect_uri=http%3A%2F%2F10.0.0.1%2Fcb&scope=&scope=openid",
        {"url.scheme=https", "url.host=login.example.com", "url.port=8443", "url.path=/auth",
         "param redirect_uri=http://10.0.0.1/cb", "param scope=", "param.twice scope"},
    ),
    (
        "/cb?state=Zk3vQ0pT7sWcYb1NhG5d&error=access_denied&error_description=Policy+failed",
        {"param state=<state:1>", "param error=access_denied", "param error_description=Policy failed"},
    ),
    ("https://a.example/x?client_id=<redacted>&scope=openid", {"param client_id=<redacted>", "param scope=openid"}),
    ("grant_type=refresh_token&client_id=app", {"param grant_type=refresh_token", "param client_id=app"}),
    ('{"error": {"code": 190, "list": [{"a": null}]}}', {"json error.code=190", "json error.list[].a=null"}),
    ('body: "{\\"error\\":\\"invalid_grant\\"}"', {"json error=invalid_grant"}),
    ("< WWW-Authenticate: Bearer error=\"invalid_token\"", {'header www-authenticate=Bearer error="invalid_token"'}),
    ("HTTP/1.1 401 Unauthorized", {"status 401 Unauthorized"}),
    ("failed with status code: 503", {"status 503"}),
    ("334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0=", {"json status=400"}),
])  # fmt: skip
def test_derived_lines(text: str, lines: set[str]) -> None:
    assert lines <= derived(text)


def test_the_claims_of_a_token_are_there_and_the_token_is_not() -> None:
    token = (
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIiwibm9uY2UiOiJ4In0."
        "eyJhdWQiOiIwMDAwMDAwMy0wMDAwLTAwMDAtYzAwMC0wMDAwMDAwMDAwMDAiLCJlbWFpbCI6ImFubmFAc2hvcC5leGFtcGxlIn0."
        "c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU"
    )
    lines = derived(f"Authorization: Bearer {token}")
    assert "jwt header.alg=RS256" in lines
    assert "jwt claim.aud=00000003-0000-0000-c000-000000000000" in lines
    assert not any("anna@" in line or "c2lnbmF0dXJl" in line for line in lines)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=400))
def test_every_place_leads_back_to_a_line_of_the_input(text: str) -> None:
    found = document(text)
    assert found.lines == tuple(Redactor().redact(text).text.split("\n")) or found.lines
    for offset in range(0, max(len(found.text), 1), 7):
        assert 1 <= found.line_of(offset) <= len(found.lines)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=10,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["error", "a", "b"]), json_values, min_size=1))
def test_any_json_object_is_read_without_complaint(value: dict) -> None:
    document("log " + json.dumps(value) + " end")


@pytest.mark.parametrize(("expected", "got", "kinds"), [
    ("https://a.example/cb", "https://a.example/cb/", ["trailing_slash"]),
    ("https://a.example/cb", "http://a.example/cb", ["scheme"]),
    ("https://a.example/cb", "https://www.a.example/cb", ["subdomain"]),
    ("https://a.example/cb", "https://b.example/cb", ["host"]),
    ("https://a.example/cb", "https://a.example:8443/cb", ["port"]),
    ("https://a.example/auth/realms/x", "https://a.example/realms/x", ["path_prefix"]),
    ("https://a.example/cb", "https://a.example/CB", ["case"]),
    ("https://a.example/a b", "https://a.example/a%20b", ["encoding"]),
    ("api://app", "app", ["type"]),
    ("abc", "", ["empty"]),
    ("http://a.example/x", "https://b.example/x", ["scheme", "host"]),
])  # fmt: skip
def test_differences(expected: str, got: str, kinds: list[str]) -> None:
    assert difference(expected, got) == kinds


@given(st.text(max_size=60), st.text(max_size=60))
def test_differences_have_known_names_and_no_direction_but_empty(first: str, second: str) -> None:
    kinds = difference(first, second)
    assert kinds
    assert set(kinds) <= set(KINDS)
    assert (kinds == ["same"]) == (first == second)
    assert difference(second, first) == kinds


@pytest.mark.parametrize(("pattern", "loose"), [
    ("a b", r"a\s+b"), ("a ?b", r"a\s*b"), ("a *b", r"a\s*b"), ("a {0,2}b", r"a\s{0,2}b"), ("[a b]", "[a b]"), (r"a\ b", r"a\ b"), (r"[\]] x", r"[\]]\s+x"), ("[] ]x y", r"[] ]x\s+y"),
])  # fmt: skip
def test_a_space_stands_for_any_white_space(pattern: str, loose: str) -> None:
    assert loosen_spaces(pattern) == loose


PIECES: dict[str, list[str]] = {  # of a pattern, each with texts that it matches
    "redirect": ["redirect", "ReDirect"],
    "uri": ["uri"],
    "(?:foo|barbaz)": ["foo", "barbaz"],
    "(?:code 5[0-7]|too \\w+ requests|late)": ["code 53", "too MANY\trequests", "late"],
    "x?": ["", "x"],
    "(?:again)*": ["", "again", "AgainAgain"],
    "(?:twice ?){2}": ["twicetwice", "twice twice "],
    "[abc]+": ["ab"],
    "[^\\n]{0,9}": ["", " - "],
    "\\d+": ["12"],
    " ": [" ", "\n  "],
    " \\bkey\\b ": [" key ", "\n KEY "],
    "\\W\\bno": [" no", "-NO"],
    "не верн(?:ый|ая)": ["Не верный", "НЕ ВЕРНАЯ"],
    "回调": ["回调"],
    ".": ["z", "é"],
}


@given(st.lists(st.sampled_from(sorted(PIECES)), min_size=1, max_size=6), st.data())
def test_a_match_fulfils_one_of_the_ways(pieces: list[str], data: st.DataObject) -> None:
    pattern = loosen_spaces("".join(pieces))
    ways = ways_of(pattern)
    text = "".join(data.draw(st.sampled_from(PIECES[piece])) for piece in pieces)
    assert compile_pattern(pattern).search(text.encode())
    folded = fold(text)
    assert not ways or any(all(any(one in folded for one in clause) for clause in way) for way in ways)


@pytest.mark.parametrize(("pattern", "ways"), [
    (r"client (?:id|secret)[^\n]{0,20}not valid", [[["client id", "client secret"], ["not valid"]]]),
    (r"(?:code|status)\D{0,4}429|too many requests", [[["code", "status"], ["429"]], [["too many requests"]]]),
    (r"(?P<code>390\d{3}|394401) \(", [[["390"]], [["394401"]]]),
    (r"\bv\d|version", []),
    (r"a(?=b", []),
])  # fmt: skip
def test_ways_of_a_pattern(pattern: str, ways: list[list[list[str]]]) -> None:
    found = ways_of(loosen_spaces(pattern))
    bare = [[sorted(map(without_borders, clause)) for clause in way] for way in found]
    assert sorted(map(sorted, bare)) == sorted(map(sorted, ways))


def test_the_borders_of_words_are_asked_for() -> None:
    assert ways_of(r"\bkey\b") == [[[f"{BORDER}key{BORDER}"]]]
    assert ways_of(loosen_spaces(r"\bapi key")) == [[[f"{BORDER}api{BORDER} {BORDER}key"]]]
    assert f"{BORDER}key{BORDER}" in fold("the KEY, please")
    assert f"{BORDER}key{BORDER}" not in fold("the monkey key_id")


ALPHABET = st.text("aA b\n-_x", max_size=12)


@given(
    st.lists(ALPHABET, max_size=6),
    ALPHABET,
    st.lists(st.text(f"ab -_{BORDER}", min_size=SHORTEST, max_size=6), max_size=8),
)
def test_filed_literals_are_found_where_they_stand_and_nowhere_else(
    words: list[str], seen: str, written: list[str]
) -> None:
    folded = fold(" ".join(words))
    literals = {fold_part(one): [number] for number, one in enumerate(written) if len(fold_part(one)) >= SHORTEST}
    files = file_literals(literals, Rarity(dict.fromkeys(keys_in(fold(seen)), 1)))
    assert FiledLiterals(files).found_in(folded) == {told[0] for literal, told in literals.items() if literal in folded}


@given(
    st.lists(
        st.sampled_from(["token", "refresh_token_expired", "no", "x", "could", "not", ": ", " ", "-", "\n"]),
        min_size=30,
        max_size=60,
    ),
    st.data(),
)
def test_no_literal_is_lost_where_a_long_text_is_cut(pieces: list[str], data: st.DataObject) -> None:
    folded = fold("".join(pieces))
    begin = data.draw(st.integers(0, len(folded) - SHORTEST))
    literal = fold_part(folded[begin : begin + data.draw(st.integers(SHORTEST, 40))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(literals, "_BLOCK", 64)
        patch.setattr(literals, "_OVERLAP", 48)
        found = FiledLiterals(file_literals({literal: [1]} if len(literal) >= SHORTEST else {}, Rarity({}))).found_in(
            folded
        )
    assert found or literal not in folded or len(literal) < SHORTEST


FOLDED = st.text("aAé€😀\x00 b\n-_", max_size=30).map(fold)


@given(
    st.dictionaries(st.text(f"aé€😀\x00 b-_{BORDER}", max_size=6), st.lists(st.integers(0, 9), max_size=3)),
    st.lists(FOLDED, min_size=1, max_size=3),
    st.data(),
)
def test_the_automaton_finds_what_filed_literals_find(
    written: dict[str, list[int]], texts: list[str], data: st.DataObject
) -> None:
    pytest.importorskip("ahocorasick", reason="the package pyahocorasick has no wheel here")
    whole = "".join(texts)
    for _ in range(data.draw(st.integers(0, 3))):  # literals that do stand there, overlapping
        begin = data.draw(st.integers(0, len(whole)))
        written[whole[begin : begin + data.draw(st.integers(SHORTEST, 9))]] = [begin]
    told = {fold_part(one): clauses for one, clauses in written.items() if len(fold_part(one)) >= SHORTEST}
    filed, quick = FiledLiterals(file_literals(told, Rarity({}))), LiteralAutomaton(told.items())
    for text in [*texts, whole]:
        assert quick.found_in(text) == filed.found_in(text)
        assert quick.found_in(text) == {one for literal in told if literal in text for one in told[literal]}


TEXTS = [
    "redirect_uri_mismatch",
    '{"error":"invalid_grant","error_description":"Token has been expired or revoked."}',
    "AADSTS7000215: Invalid client secret provided",
    "state mismatch: CSRF warning",
    "Die Umleitungs-URI „https://shop.example/rückruf“ stimmt nicht überein",
]


def builds(search: LiteralSearch | SignatureMatcher) -> bool:
    return isinstance((search if isinstance(search, LiteralSearch) else search._literals)._finder, LiteralAutomaton)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Building pays after the second text."""
    monkeypatch.setattr(automaton, "WORTH_BUILDING", len(fold(document(TEXTS[0]).text)))


@pytest.mark.usefixtures("soon")
def test_matches_are_the_same_whichever_search_finds_the_literals(doctor: Doctor) -> None:
    pytest.importorskip("ahocorasick", reason="the package pyahocorasick has no wheel here")
    matcher, small = SignatureMatcher(doctor.knowledge), SignatureMatcher(doctor.knowledge, small=True)
    before = [matcher.search(document(TEXTS[0]))]
    assert not builds(matcher)
    before += [small.search(document(text)) for text in TEXTS[1:]]
    assert [matcher.search(document(text)) for text in TEXTS] == before
    assert builds(matcher)


@pytest.mark.usefixtures("soon")
def test_a_search_that_is_to_stay_small_never_builds() -> None:
    small = Doctor(small=True, evaluator="own")
    small.warm_up()
    for text in TEXTS:
        small.examine(text)
    assert not builds(small._signatures())


@pytest.mark.usefixtures("soon")
def test_without_the_package_files_go_on(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ahocorasick", None)
    matcher, small = SignatureMatcher(doctor.knowledge), SignatureMatcher(doctor.knowledge, small=True)
    matcher.warm_up()
    assert [matcher.search(document(text)) for text in TEXTS] == [small.search(document(text)) for text in TEXTS]
    assert not builds(matcher)


def test_while_one_thread_builds_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ahocorasick", reason="the package pyahocorasick has no wheel here")
    begun, go_on, built = threading.Event(), threading.Event(), []

    def slowly(literals: Iterable[tuple[str, list[int]]]) -> LiteralAutomaton:
        built.append(begun.set())
        assert go_on.wait(60)
        return LiteralAutomaton(literals)

    search = LiteralSearch(file_literals({"token": [1]}, Rarity({})))
    monkeypatch.setattr(automaton, "LiteralAutomaton", slowly)
    builder = threading.Thread(target=search.settle)
    builder.start()
    assert begun.wait(60)
    search.settle()
    assert search.found_in(fold("a token")) == {1}
    assert not builds(search)
    go_on.set()
    builder.join(60)
    assert builds(search)
    search.settle()
    assert search.found_in(fold("a token")) == {1}
    assert len(built) == 1


def test_to_build_the_automaton_keeps_nothing_decoded() -> None:
    pytest.importorskip("ahocorasick", reason="the package pyahocorasick has no wheel here")
    files = Packed(pack({"search/files": file_literals({"token": [1], "grant": [2]}, Rarity({}))}))["search/files"]
    search = LiteralSearch(files)
    assert search.found_in(fold("grant")) == {2}
    search.settle()
    assert not files._rows._decoded
    assert search.found_in(fold("token grant")) == {1, 2}


def test_a_run_of_the_command_line_does_not_load_the_automaton() -> None:
    code = (
        "import sys; from oauth_doctor.engine import Doctor; Doctor().diagnose('redirect_uri_mismatch');"
        "sys.exit('ahocorasick' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.text("aB1_é \t\n\f\r\v\x7f.", max_size=30))
def test_folding_says_where_words_begin_and_end(text: str) -> None:
    blanks = re.sub(r"[\t\n\f\r ]+", " ", text.lower())
    assert fold(text) == re.sub(r"\b", BORDER, blanks, flags=re.ASCII)


OF_PATTERNS = [
    "a",
    "b",
    "ab",
    "[|(]",
    "[^]|a]",
    r"\|",
    r"\(",
    "(?:a|bb)",
    "(?P<x>b|a)c",
    "|",
    "|",
    r"\bb",
    "a{1,2}",
    "^",
    "$",
    r"[\]|]",
]


@given(
    st.lists(st.sampled_from(OF_PATTERNS), min_size=1, max_size=8).filter(lambda parts: parts.count("(?P<x>b|a)c") < 2),
    st.text("ab|(c] ", max_size=8),
)
def test_the_alternative_that_begins_first_is_the_match(parts: list[str], text: str) -> None:
    pattern = "".join(parts)
    alternatives = alternatives_of(pattern)
    assert "|".join(alternatives) == pattern
    whole = compile_pattern(pattern).search(text.encode())
    found = [match.span() for one in alternatives if (match := compile_pattern(one).search(text.encode()))]
    assert (whole and whole.span()) == min(found, key=lambda span: span[0], default=None)


def test_a_flag_goes_on_behind_the_bar() -> None:
    assert alternatives_of("(?s)a.b|c.d") == ["(?s)a.b|c.d"]
    assert alternatives_of(r"\Qa|b\E|c") == [r"\Qa|b\E|c"]


def test_nearly_every_pattern_requires_something(doctor: Doctor) -> None:
    """A pattern that requires nothing is tried on every text."""
    plan = doctor.knowledge.search_plan
    assert [plan.patterns[row][2] for row in plan.always][5:] == []


def test_adversarial_text_takes_time_in_proportion() -> None:
    # Nested openings, endless parameters, base64 without end: none of them may be tried again and again.
    for piece in (
        "{" * 20_000,
        '{"a":' * 20_000,
        "a=b&" * 20_000,
        "http://" * 20_000,
        "%25" * 20_000,
        '\\\\"' * 20_000,
    ):
        assert document(piece).lines


def test_patterns_are_never_python_regular_expressions() -> None:
    assert not isinstance(compile_pattern("x"), re.Pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("client.{0,4}secret", "client „secret", True),  # a blank and three bytes
        ("client.{0,4}secret", "client „„secret", False),
        ("client.{0,3}secret", "client „„secret", True),  # so few are characters
        ("didn.t", "didn’t", True),
        (r"can[^a-z]?t", "can’t", True),
        (r"\[.\] code\W7", "[.] code„7", True),
        ("schlüssel.{0,4}falsch", "SCHLÜSSEL „„„falsch", True),  # the pattern names such letters
        (r"schl\x{fc}ssel", "Schlüssel", True),
        (r"schl\pLssel", "schlüssel", True),
    ],
)
def test_letters_beyond_ascii_count_as_their_bytes_only_in_wide_gaps(pattern: str, text: str, matches: bool) -> None:
    assert (compile_pattern(pattern).search(text.encode()) is not None) == matches


def compiles(check: Callable[[str], object], pattern: str) -> bool:
    try:
        check(pattern)
    except PatternError:
        return False
    return True


COUNTABLE = [
    "a",
    "k",
    ".",
    "[^k]",
    "[^acegikmoqsuwy]",
    "é",
    "[à-ɏ]",
    r"\pL",
    r"\x{400}",
    r"\W",
    "(?:ab|.)",
    r"\)",
    "x{9}",
]
COUNTS = ["", "*", "?", "{3}", "{0,40}", "{300}", "{1000}", "{1001}", "{2,1}", "{5,}"]
BROKEN = ["(", ")", "[", "(?=a)", "(?P<a>b)", "(?P<9>b)", r"\1", "a)|(b", "*", "(?i)", "\\"]
PARTS = st.one_of(st.tuples(st.sampled_from(COUNTABLE), st.sampled_from(COUNTS)).map("".join), st.sampled_from(BROKEN))


@given(st.lists(PARTS, max_size=4), st.sampled_from(["", "{2}", "{30}", "{500}"]))
def test_a_checked_pattern_compiles_and_no_other(parts: list[str], count: str) -> None:
    pattern = f"(?:{''.join(parts)}){count}"
    assert compiles(check_pattern, pattern) == compiles(compile_pattern, pattern)


@given(st.lists(st.tuples(st.sampled_from(COUNTABLE), st.sampled_from(COUNTS)).map("".join), max_size=5))
def test_few_pieces_never_make_a_large_program(parts: list[str]) -> None:
    pattern = "".join(parts)
    if pattern.isascii() and "\\p" not in pattern and "\\x" not in pattern and compiles(compile_pattern, pattern):
        assert compile_pattern(pattern).programsize <= 100 * (most_pieces(pattern) + 1)


def test_milliseconds_are_no_status(doctor: Doctor) -> None:
    facts = doctor.diagnose("2026-05-04 09:12:33,402 ERROR oauth: invalid_grant").facts
    assert not [fact for fact in facts if fact.name == "http_status"]
    facts = doctor.diagnose("oauth: invalid_client\n401 Unauthorized").facts
    assert [(fact.value, fact.source.line) for fact in facts if fact.name == "http_status"] == [(401, 2)]


def test_patterns_that_are_not_needed_are_dropped_and_come_back(doctor: Doctor) -> None:
    roomy = SignatureMatcher(doctor.knowledge)
    wanted = [roomy.search(document(text)) for text in TEXTS]
    tight = SignatureMatcher(doctor.knowledge, most=20)
    assert [tight.search(document(text)) for text in (*TEXTS, *TEXTS)] == [*wanted, *wanted]
    assert len(tight._compiled) <= 20
