"""The web pages, in a real browser against a real server, and what they refuse."""

from __future__ import annotations

import http.client
import importlib.resources
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from web_fixtures import ERROR, NOW, browsing, serving

from oauth_doctor.engine.cases import Answered, Closed, Pasted, StepTried
from oauth_doctor.engine.cases.store import CaseStore

HOSTILE = "\"><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">{{ 7*7 }}{% raw %}'; DROP TABLE cases; --"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as found:
        yield found.rstrip("/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield watched(context)
    context.close()


def watched(context: BrowserContext) -> Page:
    """A page that fails the test on errors of scripts, and on anything that the Content-Security-Policy stopped."""
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    problems: list[str] = []
    page.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
    page.problems = problems  # type: ignore[attr-defined]
    return page


def paste(page: Page, address: str, text: str = ERROR) -> None:
    page.goto(address)
    page.fill("#text", text)
    page.get_by_role("button", name="Diagnose").click()
    page.wait_for_url("**/cases/*")


def start_with_questions(page: Page, address: str, provider: str = "", platform: str = "") -> None:
    page.goto(address)
    page.fill("#provider", provider)
    page.fill("#platform", platform)
    page.get_by_role("button", name="Start with questions").click()
    page.wait_for_url("**/cases/*")


# The way of an agent ------------------------------------------------------------------------------------------------


def test_from_a_pasted_text_to_a_closed_case(page: Page, address: str) -> None:
    paste(page, address)
    expect(page.locator("#causes-title")).to_have_text("The redirect URI is not registered at the provider")
    expect(page.locator(".log li.for").first).to_contain_text("redirect_uri_mismatch")
    expect(page.locator(".log")).to_contain_text("<refresh_token:1>")
    assert "1//0g" not in page.content()
    expect(page.locator(".evidence a").first).to_have_attribute("href", "#line-1")
    expect(page.get_by_role("heading", name="Google console")).to_be_visible()
    expect(page.get_by_role("link", name="redirect uris")).to_have_attribute(
        "href", re.compile("https://console.cloud")
    )
    assert "redirect" in page.locator("#reply").input_value()
    first = page.locator(".steps li").first
    text = first.locator(".step-text").inner_text()
    page.locator(".steps input[name=done]").nth(0).check()
    page.locator(".steps li").nth(1).get_by_role("button", name="Fixed it").click()
    expect(page.locator(".notice.good")).to_be_visible()
    expect(page.get_by_role("heading", name="Tried")).to_be_visible()
    assert text[:40] in page.locator("#steps-title").locator("xpath=ancestor::section").inner_text()
    page.locator(".notice.good button").click()
    expect(page.locator("#question-title")).to_contain_text("It was: The redirect URI is not registered")
    page.get_by_role("link", name="Overview").click()
    expect(page.locator("svg.chart").first).to_be_visible()
    expect(page.get_by_text("The redirect URI is not registered").first).to_be_visible()
    assert page.problems == []  # type: ignore[attr-defined]


def test_questions_undo_and_change(page: Page, address: str) -> None:
    start_with_questions(page, address, "google", "creatio")
    known = page.locator("section[aria-labelledby=known-title]")
    expect(known).to_contain_text("Google")
    expect(page.locator(".eyebrow").first).to_have_text("Next question")
    page.select_option("#ask", "phase")
    page.get_by_role("button", name="Tell this").click()
    expect(page.locator(".eyebrow").first).to_have_text("Question")
    asked = page.locator("#question-title").inner_text()
    first, second = (page.locator(".choice span").nth(place).inner_text() for place in (0, 1))
    page.get_by_role("button", name=first).click()
    expect(page.locator("#question-title")).not_to_have_text(asked)
    expect(page.locator("#question-title")).to_be_focused()
    expect(page.locator("#announce")).to_contain_text("Likeliest cause")
    expect(known).to_contain_text(first)
    page.get_by_role("link", name="Change phase").click()
    expect(page.locator("#question-title")).to_have_text(asked)
    expect(page.locator(".choice.chosen")).to_have_text(first)
    page.get_by_role("button", name=second).click()
    expect(known).to_contain_text(second)
    expect(known).not_to_contain_text(first)
    page.get_by_role("button", name="Take back phase").click()
    expect(known).not_to_contain_text(second)
    page.get_by_role("button", name="Don't know").click()
    expect(page.locator(".known .none")).to_have_count(1)


def test_a_step_that_did_not_help_lowers_its_cause(page: Page, address: str) -> None:
    paste(page, address)
    for _ in range(2):
        page.get_by_role("button", name="Did not help").first.click()
        page.wait_for_load_state("networkidle")
    expect(page.locator("#steps-title")).to_be_focused()
    assert page.get_by_text("did not help", exact=True).count() == 2
    page.get_by_role("button", name="Fixed it").first.click()
    expect(page.locator(".notice.good")).to_be_visible()
    page.get_by_role("button", name="Take back: fixed it").click()
    expect(page.locator(".notice.good")).to_have_count(0)


def test_ticks_survive_an_answer(page: Page, address: str) -> None:
    paste(page, address)
    box = page.locator("input[name=done]").first
    value = box.get_attribute("value")
    box.check()
    page.select_option("#ask", "phase")
    page.get_by_role("button", name="Tell this").click()
    expect(page.locator(".eyebrow").first).to_have_text("Question")
    page.get_by_role("button", name="Don't know").click()
    expect(page.locator(".known .none")).to_have_count(1)
    expect(page.locator(f"input[name=done][value='{value}']")).to_be_checked()


def test_search_and_knowledge(page: Page, address: str) -> None:
    paste(page, address, ERROR + "\npeculiarword")
    page.get_by_role("link", name="Cases", exact=True).click()
    page.fill("#q", "PeculiarWord redirect_uri")
    page.keyboard.press("Enter")
    expect(page.locator(".rows li")).to_have_count(1)
    page.fill("#q", "wordthatnobodywrote")
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_contain_text("No case matches")
    page.get_by_role("link", name="Knowledge", exact=True).click()
    page.fill("#q", "AADSTS50011")
    page.keyboard.press("Enter")
    page.locator(".rows a").first.click()
    expect(page.locator("tbody tr").first).to_contain_text("AADSTS50011")
    page.goto(f"{address}/knowledge/causes/clock-skew?provider=google&platform=creatio")
    expect(page.locator("h1")).to_be_visible()
    page.goto(f"{address}/knowledge/errors/invalid_grant")
    assert page.locator("tbody tr").count() > 5


def test_a_dropped_file(page: Page, address: str) -> None:
    page.goto(address)
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.items.add(new File([text], "app.log", {type: "text/plain"}));
            document.querySelector("#text").dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data}));
        }""",
        ERROR,
    )
    page.get_by_role("button", name="Diagnose").click()
    page.wait_for_url("**/cases/*")
    expect(page.locator("#causes-title")).to_contain_text("redirect URI")


def test_the_reply_is_copied(browser: Browser, address: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = watched(context)
    paste(page, address)
    for form in ("reply", "reply-markdown", "reply-html"):
        button = page.locator(f"button[data-copy='#{form}']")
        if not button.is_visible():
            page.locator("details.reply", has=page.locator(f"#{form}")).locator("summary").click()
        button.click()
        expect(button).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == page.locator(f"#{form}").input_value()
    assert page.locator("#reply-html").input_value().startswith("<p>Hello,</p>")
    context.close()


def test_everything_works_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    paste(page, address)
    expect(page.locator("#causes-title")).to_contain_text("redirect URI")
    page.select_option("#ask", "phase")
    page.get_by_role("button", name="Tell this").click()
    page.get_by_role("button", name="Don't know").click()
    expect(page.locator(".known .none")).to_have_count(1)
    page.get_by_role("button", name="Take back").first.click()
    expect(page.locator(".known .none")).to_have_count(0)
    page.get_by_role("button", name="Fixed it").first.click()
    page.locator(".notice.good button").click()
    expect(page.locator("#question-title")).to_contain_text("It was")
    page.get_by_role("button", name="Reopen").click()
    page.fill("section form.add textarea", "HTTP/1.1 429 Too Many Requests")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".log")).to_contain_text("429 Too Many Requests")
    expect(page.get_by_role("button", name="Copy customer reply").first).to_be_hidden()
    page.locator("summary", has_text="Rename").click()
    page.fill("#title", "Renamed")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("h1")).to_have_text("Renamed")
    page.locator("summary", has_text="Rename").click()
    page.check("input[name=sure]")
    page.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(f"{address}/cases")
    context.close()


def test_the_keyboard_is_enough(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Error 400: redirect_uri_mismatch")
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Diagnose")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    wanted = {"Fixed it", "Did not help", "Skip", "Add", "Tell this"}
    for _ in range(100):
        page.keyboard.press("Tab")
        words, outline = page.evaluate(
            "(() => { const e = document.activeElement; return [e.innerText || '', getComputedStyle(e).outlineStyle]; })()"
        )
        assert outline != "none", words
        wanted.discard(words.strip())
        if not wanted:
            break
    assert not wanted


# Accessible, in both schemes, at every width ------------------------------------------------------------------------

PATHS = [
    "/", "/cases", "/cases?q=nothing-like-this", "CASE", "QUESTIONS", "CLOSED", "/knowledge", "/knowledge?q=invalid_grant",
    "/knowledge/causes/clock-skew", "/knowledge/codes", "/knowledge/codes?provider=google&q=redirect", "/knowledge/providers?q=go",
    "/knowledge/providers/google", "/knowledge/errors/invalid_grant", "/overview", "/nowhere",
]  # fmt: skip


@pytest.fixture(scope="module")
def cases(folder: Path, address: str) -> dict[str, str]:
    """Cases of every kind, as paths."""
    store = CaseStore(f"sqlite:///{folder / 'cases.db'}")
    long = "\n".join(f"2026-11-25 12:00:{n % 60:02} INFO line {n} {'x' * (n % 200)}" for n in range(2000))
    full = store.create(
        "A case", entries=[Pasted(at=NOW, text=f"{ERROR}\n{long}"), Answered(at=NOW, fact="platform", value="creatio")]
    )
    tried = StepTried(at=NOW, cause="redirect-uri-mismatch", step="compare-uris", result="failed")
    full = store.append(full.id, [tried], revision=2)
    closed = store.create("Closed", entries=[Pasted(at=NOW, text=ERROR), Closed(at=NOW, cause="redirect-uri-mismatch")])
    unsolved = store.create("Unsolved", entries=[Closed(at=NOW)])
    questions = store.create("")
    store.close()
    assert unsolved
    return {"CASE": f"/cases/{full.id}", "CLOSED": f"/cases/{closed.id}", "QUESTIONS": f"/cases/{questions.id}"}


def axe_source() -> str:
    pytest.importorskip("axe_playwright_python")
    return (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text()


def violations(browser: Browser, address: str, paths: list[str], options: dict[str, Any], scheme: Any) -> list[str]:
    """What axe has against the pages, with everything unfolded."""
    axe = axe_source()
    # The policy of the pages forbids scripts from elsewhere, which axe is.
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    found: list[str] = []
    for path in paths:
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.evaluate(axe)
        result = page.evaluate("(options) => axe.run(document, options)", options)
        assert result["passes"]
        found += [f"{path}: {one['id']}: {one['nodes'][0]['html'][:120]}" for one in result["violations"]]
    context.close()
    return found


def test_no_accessibility_violation(browser: Browser, address: str, cases: dict[str, str]) -> None:
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    options = {"runOnly": {"type": "tag", "values": tags}}
    assert violations(browser, address, [cases.get(path, path) for path in PATHS], options, "light") == []


def test_contrast_in_the_dark(browser: Browser, address: str, cases: dict[str, str]) -> None:
    """Colours are all that the dark scheme changes."""
    options = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
    assert violations(browser, address, [cases.get(path, path) for path in PATHS], options, "dark") == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_page_scrolls_sideways(browser: Browser, address: str, cases: dict[str, str], width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 740})
    page = context.new_page()
    for path in PATHS:
        page.goto(address + cases.get(path, path))
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def test_a_long_text_is_shown_around_its_evidence(page: Page, address: str, cases: dict[str, str]) -> None:
    page.goto(address + cases["CASE"])
    assert page.locator(".log li").count() < 400
    expect(page.locator(".log .gap").first).to_contain_text("not shown")
    expect(page.locator("#line-1")).to_have_class("for")


# Hostile input ------------------------------------------------------------------------------------------------------


def test_hostile_text_in_every_field(page: Page, address: str) -> None:
    """Whatever is typed is shown as it was typed or refused in words; nothing of it runs, and nothing breaks."""
    page.goto(address)
    page.fill("#text", f"{ERROR}\n{HOSTILE}")
    page.fill("#provider", HOSTILE)
    page.get_by_role("button", name="Diagnose").click()
    page.wait_for_url("**/cases/*")
    expect(page.locator(".log")).to_contain_text("<script>document.title='owned'</script>")
    expect(page.locator(".log")).to_contain_text("{{ 7*7 }}{% raw %}'; DROP TABLE cases; --")
    case = page.url
    for field, button in (("#title", "Rename"), ("#note", "Close case")):
        page.locator("details", has=page.locator(field)).locator("summary").click()
        page.fill(field, HOSTILE)
        page.get_by_role("button", name=button).click()
        page.wait_for_load_state("networkidle")
        expect(page.locator("main")).to_contain_text("DROP TABLE cases")
        assert "owned" not in page.title().replace(HOSTILE[:60], "")[:5]
    for path in (
        "/cases?q=",
        "/knowledge?q=",
        "/knowledge/codes?q=",
        "/knowledge/providers?q=",
        "/knowledge/codes?provider=",
    ):
        page.goto(address + path + "%22%3E%3Cscript%3Edocument.title%3D%27owned%27%3C%2Fscript%3E%7B%7B7*7%7D%7D%00%ff")
        assert page.title() != "owned"
        assert page.locator("main script").count() == 0
        assert "49" not in page.locator("main").inner_text().replace(" ", "")[:200] or "codes" in path
    page.goto(case)
    assert page.title() != "owned"
    assert page.locator("main script, main img").count() == 0
    assert page.problems == []  # type: ignore[attr-defined]


def test_a_bad_answer_comes_back_with_words(page: Page, address: str) -> None:
    start_with_questions(page, address)
    page.goto(page.url + "?ask=http_status")
    page.fill("#value", "'; DROP TABLE cases; --")
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.locator("[role=alert]")).to_contain_text("a whole number")
    page.get_by_role("link", name="Go back").click()
    expect(page.locator("#question-title")).to_be_visible()


# Two at one case ----------------------------------------------------------------------------------------------------


def test_two_tabs_on_one_case(browser: Browser, address: str) -> None:
    context = browser.new_context()
    first, second = watched(context), watched(context)
    start_with_questions(first, address)
    second.goto(first.url)
    first.get_by_role("button", name="Don't know").click()
    expect(first.locator(".known .none")).to_have_count(1)
    second.fill("section form.add textarea", "typed by the second agent\n<b>kept</b>")
    second.get_by_role("button", name="Add", exact=True).click()
    expect(second.locator("h1")).to_have_text("Somebody else changed this case")
    expect(second.locator("main")).to_contain_text("is not known")
    assert second.locator("textarea").input_value() == "typed by the second agent\n<b>kept</b>"
    second.get_by_role("button", name="Add it all the same").click()
    expect(second.locator(".log")).to_contain_text("typed by the second agent")
    expect(second.locator(".known .none")).to_have_count(1)
    context.close()


# The server ---------------------------------------------------------------------------------------------------------


def test_no_secret_in_the_log(folder: Path, address: str) -> None:
    parts = urlsplit(address)
    for path in ("/cases?q=hunter2secret", "/hunter2secret", "/cases/hunter2secret", "/knowledge?q=hunter2secret"):
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        connection.request("GET", path, headers={"Referer": "http://x/hunter2secret", "Cookie": "a=hunter2secret"})
        connection.getresponse().read()
        connection.close()
    log = (folder / "serve.log").read_text()
    assert "GET /cases/{case_id} 404" in log
    assert "hunter2secret" not in log


def test_a_large_upload_gets_its_answer(address: str, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "large.log"
    file.write_bytes(b"line of a log\n" * 2_600_000)
    page.goto(address)
    page.set_input_files("#file", str(file))
    page.get_by_role("button", name="Diagnose").click()
    expect(page.locator("h1")).to_have_text("Too large")


def refused(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "oauth_doctor.cli.main", "serve", *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stdout == ""
    return done.stderr


def test_serve_refuses(tmp_path: Path) -> None:
    assert "everybody there could read" in refused("--host", "0.0.0.0")
    assert "--host" in refused("--host", "no.such.host.example")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "choose another" in refused("--port", str(taken.getsockname()[1]))
    file = tmp_path / "cases.db"
    CaseStore(f"sqlite:///{file}").close()
    sqlite3.connect(file).executescript("UPDATE alembic_version SET version_num = '9001'")
    assert "newer than this program" in refused("--port", "0", "--database", f"sqlite:///{file}")


def test_the_server_stops_cleanly(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
    assert "stopped" in (tmp_path / "serve.log").read_text()
    process = subprocess.Popen(
        [sys.executable, "-m", "oauth_doctor.cli.main", "serve", "--port", "0", "--database", f"sqlite:///{tmp_path / 'x.db'}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
