"""Debian's Chromium, driven by playwright-core in a node process (browser.js)."""

import json
import pathlib
import shutil
import subprocess

import processes
import servers

_HERE = pathlib.Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome")


class Browser:
    """One browser with one page at a time, inside `with`."""

    def __enter__(self):
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            raise RuntimeError("chromium is missing; run tools/install --test")
        modules = servers.node_modules()
        self._process = processes.spawn(
            ["node", str(_HERE / "browser.js"), str(modules / "playwright-core"), program],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self._process.stdin.close()  # it closes the browser, then ends
        try:
            self._process.wait(processes.STOP_SECONDS)
        except subprocess.TimeoutExpired:
            processes.stop(self._process)
        self._process.stdout.close()

    def tell(self, name, *arguments):
        """What the command, or method of Playwright's Page, answers."""
        self._process.stdin.write(json.dumps([name, *arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the browser's driver ended with {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"{name} {arguments}: {answer['error']}")
        return answer["value"]

    def open(self, url, **options):
        """A new page; `options` are those of Playwright's newContext."""
        self.tell("open", url, options)

    def text(self, selector):
        return self.tell("textContent", selector)

    def wait_for_text(self, selector, words, seconds=30):
        """Until the element says something with all of `words`."""
        def look():
            found = self.text(selector)
            return found if all(word in found for word in words) else None
        return processes.wait_for(
            look, seconds, lambda: f"{words} in {selector}, which says: {self.text(selector)}",
            pause=0.05)

    def settle(self):
        """Until all is drawn and nothing moves."""
        self.wait_for("document.querySelectorAll('.chart path').length > 0 && "
                      "document.getAnimations().length === 0")

    def wait_for(self, expression, seconds=30):
        """Until the page finds it true. (Playwright's waitForFunction, when it has to look twice,
        does what the page's Content-Security-Policy forbids.)"""
        return processes.wait_for(lambda: self.tell("evaluate", expression), seconds, expression,
                                  pause=0.05)
