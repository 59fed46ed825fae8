"""Chromium without a window, told what to do over its DevTools protocol, by a pipe: no library, no port."""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESK, PHONE = (1280, 800), (390, 844)
PATIENCE = 60  # s for any answer


def why_not():
    """Why there is no browser here, or nothing."""
    if not any(map(shutil.which, NAMES)):
        return "no Chromium is installed (Debian: chromium)"
    return ""


class Browser:
    """A browser with one page. Paths that are asked for are of `url`."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        told, self._telling = os.pipe()
        self._said, saying = os.pipe()

        def arrange() -> None:
            # Chromium reads commands from 3 and writes answers to 4.
            high = os.dup2(told, 100), os.dup2(saying, 101)
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        words = [
            next(filter(None, map(shutil.which, NAMES))),
            "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--font-render-hinting=none", "--mute-audio",
            f"--user-data-dir={folder}", "about:blank",
        ]  # fmt: skip
        self.process = subprocess.Popen(
            words, preexec_fn=arrange, close_fds=False,  # noqa: PLW1509  # the only way to give it 3 and 4
            start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(told)
        os.close(saying)
        self._left = b""
        self._number = 0
        self._session = None
        self.events = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for part in ("Page", "Runtime", "Log", "Network"):
            self(f"{part}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._telling)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._said)

    def __call__(self, method, **params):
        """Give a command and return its result; what happens meanwhile is kept in `events`."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": params}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._telling, json.dumps(command).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self._number:
                assert "error" not in message, (method, message["error"])
                return message["result"]
            self.events.append(message)

    def _next(self):
        while b"\0" not in self._left:
            assert select.select([self._said], [], [], PATIENCE)[0], "the browser says nothing"
            came = os.read(self._said, 1 << 20)
            assert came, "the browser has ended"
            self._left += came
        message, self._left = self._left.split(b"\0", 1)
        return json.loads(message)

    def until(self, event):
        """Wait for an event of that name, of now or of before."""
        while True:
            for index, message in enumerate(self.events):
                if message.get("method") == event:
                    del self.events[: index + 1]
                    return message["params"]
            self.events.append(self._next())

    def go(self, path):
        """Load a page, wholly."""
        self.events.clear()
        self("Page.navigate", url=self.url + path)
        self.until("Page.loadEventFired")

    def wait_for(self, script):
        """Wait until a script's expression is true: what a page does by itself takes a moment."""
        until = time.monotonic() + PATIENCE
        while not self.run(script):
            assert time.monotonic() < until, script
            time.sleep(0.01)

    def look(self, size, dark=False):
        """Have a screen of that width and height, in light or dark, without motion."""
        width, height = size
        self(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        # No colour is on its way to another while it is measured.
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self("Emulation.setEmulatedMedia", features=[scheme, still])

    def run(self, script):
        """Return what a script's expression is, as data."""
        done = self("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def press(self, key, times=1):
        """Press Tab, Enter or the like."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        text = {"Enter": "\r", " ": " "}.get(key)
        for _ in range(times):
            for kind in ("keyDown", "keyUp"):
                more = {"text": text} if text and kind == "keyDown" else {}
                self("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=codes[key], **more)

    def write(self, text):
        """Type into what has the focus."""
        self("Input.insertText", text=text)

    def picture(self, file=None):
        """Return the whole page as PNG, and put it into a file."""
        said = self("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        png = base64.b64decode(said["data"])
        if file:
            file.write_bytes(png)
        return png
