"""Looks at the live board with a real browser, and judges it by what Postgres says.

Each step prints a line. The first that fails ends the program with status 1 and a picture of what was on the page.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from urllib.parse import urlparse

from playwright.sync_api import Error, sync_playwright

PATIENCE = float(os.environ.get("CAIRN_TEST_PATIENCE", "1"))
SIZES = {"phone": (390, 844), "screen": (1920, 1080)}
SCHEMES = ("dark", "light")
# What the browser itself says of a server that is away; nothing else may be on the console.
AWAY = re.compile(r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING"
                  r"|ERR_SOCKET_NOT_CONNECTED|status of 503")

# The rows as the page shows them: text, not what it keeps besides.
SHOWN = """() => [...document.querySelectorAll('#players > .player')].map(row => [
    row.querySelector('[data-part=rank]').textContent, row.querySelector('[data-part=name]').textContent,
    row.querySelector('[data-part=score]').textContent, row.querySelector('[data-part=unlocks]').textContent])"""


class Failure(Exception):
    pass


def say(text):
    print(f"board: {text}", flush=True)


def check(condition, text):
    if not condition:
        raise Failure(text)


def within(seconds, condition, text):
    """Waits for a condition that gives true or says why not."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        result = condition()
        if result is True:
            return
        if time.monotonic() > deadline:
            raise Failure(f"{text}: {result}")
        time.sleep(0.1)


class Visit:
    """One page, and all that it asked for and complained about."""

    def __init__(self, browser, url, size, scheme, path="/"):
        width, height = SIZES[size]
        self.url = url
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1)
        self.page = self.context.new_page()
        self.requests, self.complaints, self.mayBeAway = [], [], False
        self.page.on("request", lambda request: self.requests.append(request))
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url + path)
        self.page.wait_for_selector("#players > .player", timeout=20000 * PATIENCE)

    def heard(self, message):
        if message.type not in ("error", "warning"):
            return
        if self.mayBeAway and AWAY.search(message.text):
            return
        self.complaints.append(message.text)

    def freshness(self):
        return self.page.text_content("#freshness-text")

    def shown(self):
        return self.page.evaluate(SHOWN)

    def end(self):
        check(not self.complaints, f"the console says {self.complaints}")
        origin = urlparse(self.url).netloc
        strange = [request.url for request in self.requests if urlparse(request.url).netloc != origin]
        check(not strange, f"asked somebody else: {strange}")
        self.context.close()


class Test:
    def __init__(self, browser, options):
        self.browser, self.options = browser, options
        self.visit = None

    def open(self, size, scheme, path=None):
        self.visit = Visit(self.browser, self.options.url, size, scheme, path or f"/?hunt={self.options.hunt}")
        return self.visit

    def picture(self, name):
        path = os.path.join(self.options.pictures, f"{name}.png")
        self.visit.page.screenshot(path=path)
        return path

    def standings(self):
        """The first of the hunt in Postgres, as the page is to show them."""
        out = subprocess.run(self.options.standings, shell=True, capture_output=True, text=True, check=True).stdout
        return [[f"{row['rank']:,}", row["player"], f"{row['score']:,}",
                 f"{row['unlocks']} checkpoint{'' if row['unlocks'] == 1 else 's'}"] for row in json.loads(out)]

    def isExact(self):
        shown, expected = self.visit.shown(), self.standings()
        if shown and shown == expected[:len(shown)]:
            return True
        return next((pair for pair in zip(shown, expected) if pair[0] != pair[1]), f"{len(shown)} rows")

    # Steps

    def moving(self):
        """Rows change while scans come, and the server's restart is survived by resuming."""
        visit = self.open("screen", "dark")
        within(20, lambda: visit.freshness() == "live" or visit.freshness(), "the page is not live")
        before = visit.shown()
        within(20, lambda: visit.shown() != before or "nothing moves", "the board")
        say("the board moves")
        visit.mayBeAway = True
        streams = self.streams()
        opened = len(streams)
        check(opened == 1, f"{opened} streams were opened")
        subprocess.run(self.options.restart, shell=True, check=True)
        within(20, lambda: visit.freshness().startswith("reconnecting") or visit.freshness(), "the loss is not told")
        self.picture("reconnecting")
        within(40, lambda: visit.freshness() == "live" or visit.freshness(), "the page did not come back")
        visit.mayBeAway = False
        again = self.streams()[-1]
        resumed = again.all_headers().get("last-event-id") or "last_event_id=" in again.url
        check(len(self.streams()) > opened and resumed, f"it came back without the id of its last event: {again.url}")
        before = visit.shown()
        within(20, lambda: visit.shown() != before or "nothing moves", "the board after the restart")
        say("the server's restart is survived by resuming")
        visit.end()

    def streams(self):
        return [request for request in self.visit.requests if "/board/stream" in request.url]

    def exact(self, size, scheme):
        visit = self.open(size, scheme)
        within(60, self.isExact, "the page and `cairn standings` differ")
        count = len(visit.shown())
        check(count >= 10, f"only {count} rows")
        if visit.page.is_visible("#more"):
            visit.page.click("#more")
            within(20, lambda: len(visit.shown()) > count or "no more rows", "asked for the rest")
            within(20, self.isExact, "the page and `cairn standings` differ")
            count = len(visit.shown())
            visit.page.click("#more")
        wide = visit.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        check(not wide, "the page is wider than the window")
        visit.page.wait_for_timeout(900)
        self.picture(f"{size}-{scheme}")
        say(f"{count} rows are exact: {size}, {scheme}")
        visit.end()

    def player(self, size, scheme):
        """By keyboard alone: find a player, read why, pin, close, come back by the address."""
        visit = self.open(size, scheme)
        page = visit.page
        row = self.standings()[min(8, len(self.standings()) - 1)]
        page.keyboard.press("/")
        page.keyboard.type(row[1])
        page.keyboard.press("Enter")
        page.wait_for_selector("#sheet[open] .figures")
        figures = page.locator("#sheet .figures dd").evaluate_all("all => all.map(one => one.firstChild.textContent)")
        check(figures == [row[0], row[2], row[3].split()[0]], f"{row[1]} is shown with {figures}")
        worth = page.locator("#sheet .worth:not(.is-open)").all_text_contents()
        total = sum(int(text.replace(",", "").lstrip("+")) for text in worth)
        check(total == int(row[2].replace(",", "")), f"the parts {worth} are not {row[2]}")
        near = page.locator("#sheet .is-near .place").all_text_contents()
        check(row[0] in near, f"not among its neighbours: {near}")
        self.picture(f"player-{size}-{scheme}")
        page.click("#sheet .action")
        page.keyboard.press("Escape")
        check(not page.is_visible("#sheet"), "Escape leaves the sheet open")
        check(page.text_content("#pin-name") == row[1], "the pin shows somebody else")
        page.reload()
        page.wait_for_selector("#pin:visible")
        within(10, lambda: page.text_content("#pin-score") == row[2] or page.text_content("#pin-score"), "the pin")
        page.wait_for_selector(".player.is-pinned")
        self.picture(f"pinned-{size}-{scheme}")
        say(f"a player is found, explained and pinned: {size}, {scheme}")
        visit.end()

    def unknown(self):
        visit = self.open("screen", "light")
        visit.page.fill("#query", "nobody.of-this-name")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_selector("#sheet [role=alert]")
        visit.complaints = [text for text in visit.complaints if "status of 404" not in text]
        say("an unknown player is said to be unknown")
        visit.end()

    def still(self):
        """Who wants no motion gets none."""
        self.visit = visit = self.open("phone", "light")
        visit.page.emulate_media(reduced_motion="reduce")
        visit.page.reload()
        visit.page.wait_for_selector("#players > .player")
        running = visit.page.evaluate("document.getAnimations().length")
        check(running == 0, f"{running} animations in spite of reduced motion")
        say("nothing moves for who wants no motion")
        visit.end()

    def run(self):
        self.moving()
        say("moved")
        for size in SIZES:
            for scheme in SCHEMES:
                self.exact(size, scheme)
                self.player(size, scheme)
        self.unknown()
        self.still()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True, help="of the server, such as http://127.0.0.1:8080")
    parser.add_argument("--hunt", required=True, help="its slug")
    parser.add_argument("--standings", required=True, help="a command that prints the first 50 as JSON")
    parser.add_argument("--restart", required=True, help="a command after which the server ends and comes back")
    parser.add_argument("--pictures", required=True, help="a folder for screenshots")
    parser.add_argument("--browser", required=True, help="the path of Chromium or its headless shell")
    options = parser.parse_args()
    os.makedirs(options.pictures, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=["--no-sandbox"])
        test = Test(browser, options)
        try:
            test.run()
        except (Failure, Error, subprocess.CalledProcessError) as failure:
            picture = test.picture("failed") if test.visit else "no picture"
            complaints = test.visit.complaints if test.visit else []
            print(f"board: FAILED: {failure}\n{picture}\n{complaints}", file=sys.stderr, flush=True)
            sys.exit(1)
        finally:
            browser.close()
    say(f"pictures in {options.pictures}")


main()
