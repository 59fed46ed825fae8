"""The whole life of a token in the simulator: `make demo`. Every step runs a command of the suite."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
OUT = Path(__file__).parents[1] / "build/demo"
TOTP_URI = "otpauth://totp/Example%20Bank:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example%20Bank"
HOTP_URI = "otpauth://hotp/Door:alice?secret=MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U&issuer=Door&counter=0&digits=8"
PPM = 40  # a poor crystal: 3.5 s a day too fast
COLD_PPM = -60  # what it becomes in a cold place: 5.2 s a day too slow
DAY = 86400
PIN = "4711"
READING_S = 0.6  # what a person needs to read a question; an earlier press does not count


class Demo:
    """A simulator and a verifier's store in one temporary folder, and what has been shown."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "token"
        self.store = f"sqlite:///{folder}/verifier.db"
        self.environment = {**os.environ, "PROVISIONER_KEY": str(folder / "desk.key")}
        self.port = ""
        self.process: subprocess.Popen[str] | None = None
        self.passed: list[str] = []

    def start(self, ppm: int = PPM) -> None:
        command = [BIN / "fobsim", "run", "--state", self.state, "--rtc-ppm", str(ppm)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        first = json.loads(self.process.stdout.readline())
        self.port = first["port"]
        say(f"fobsim run: board {first['board']}, serial port {self.port}")

    def stop(self) -> None:
        if self.process is not None:
            self.sim("stop")
            self.process.wait(10)
            self.process = None

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def sim(self, command: str, *arguments: str) -> Any:
        return _run("fobsim", command, "--state", str(self.state), *arguments)[1]

    def desk(self, *arguments: str, given: str = "") -> Any:
        words = "--port", self.port, "--json", *arguments
        status, answer = _run("provisioner", *words, given=given, environment=self.environment)
        self._check(status == 0, f"provisioner {arguments[0]} failed: {answer}")
        return answer

    def desk_with_a_press(self, *arguments: str, digits: bool = False) -> Any:
        """Run a command that the token asks about, and press; with `digits` type what its screen shows."""
        process = subprocess.Popen(
            [BIN / "provisioner", "--port", self.port, "--json", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        assert process.stdin is not None
        assert process.stderr is not None
        if digits:
            process.stderr.readline()  # the token shows them
            self.show("2-pairing")
            process.stdin.write(self.shown(r"\d{3} ?\d{3}") + "\n")
            process.stdin.flush()
        process.stderr.readline()  # a press is awaited
        time.sleep(READING_S)
        say("display: " + " | ".join(self.texts()))
        self.sim("press", "confirm")
        out, err = process.communicate(timeout=20)
        self._check(process.returncode == 0, f"provisioner {arguments[0]} failed: {out}{err}")
        return json.loads(out)

    def texts(self) -> list[str]:
        """Return the texts on the display, read from its pixels."""
        return [text["text"] for text in self.sim("screen")["texts"]]

    def shown(self, pattern: str) -> str:
        """Return the text on the display that looks like that, without spaces."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = [text for text in self.texts() if re.fullmatch(pattern, text)]
            if found:
                return found[0].replace(" ", "")
        raise SystemExit(f"demo: the display does not show {pattern}: {self.texts()}")

    def refused(self, *arguments: str, given: str = "") -> str:
        """Run a command of the desk that the token refuses, and return how."""
        words = "--port", self.port, "--json", *arguments
        status, answer = _run("provisioner", *words, given=given, environment=self.environment)
        self._check(status == 1, f"provisioner {arguments[0]} was not refused: {answer}")
        return str(answer["error"]["message"])

    def verifier(self, *arguments: str, given: str = "") -> Any:
        return _run("host-verify", "--store", self.store, "--json", *arguments, given=given)[1]

    def verify(self, user: str, codes: str, expected: str, command: str = "check") -> Any:
        """Give code(s) to the verifier at the simulated world's time and hold the verdict to `expected`."""
        verdict = self.verifier(command, user, "--at", str(self.utc()), given=codes)
        self._check(verdict["reason"] == expected, f"{expected} was expected, the verdict is {verdict}")
        return verdict

    def utc(self) -> int:
        """Return the simulated world's time."""
        return int(self.sim("clock")["utc"])

    def code(self) -> str:
        """Return the code that the display shows, with time left to present it."""
        into_step = self.sim("clock")["rtc_utc"] % 30
        if into_step > 20:
            self.sim("clock", "--advance", str(31 - into_step))
        return self.code_now()

    def code_now(self) -> str:
        """Return the code that the display shows, read from its pixels."""
        self.wake()
        return self.shown(r"\d{3,4} \d{3,4}")

    def wake(self) -> None:
        """Press a button where the screen has gone off: that press does nothing else."""
        if not self.sim("screen")["on"]:
            self.sim("press", "confirm")

    def press(self, button: str) -> None:
        self.wake()
        self.sim("press", button)

    def show(self, name: str) -> None:
        """Print the screen as text and save it as a picture."""
        path = OUT / f"{name}.png"
        self.wake()
        screen = self.sim("screen", "--png", str(path))
        say("display: " + " | ".join(text["text"] for text in screen["texts"]))
        say(f"picture: {os.path.relpath(path)}")

    def done(self, what: str) -> None:
        self.passed.append(what)

    def _check(self, good: bool, complaint: str) -> None:
        if not good:
            raise SystemExit(f"demo: {complaint}")


def say(text: str) -> None:
    print("   ", text, flush=True)


def clock(verdict: dict[str, Any]) -> str:
    return f"its clock is {abs(verdict['offset'])} s {'fast' if verdict['offset'] > 0 else 'slow'}"


def heading(text: str) -> None:
    print(f"\n{text}", flush=True)


def _run(
    name: str, *arguments: str, given: str = "", environment: dict[str, str] | None = None
) -> tuple[int, Any]:
    """Run a command of the suite; secrets and codes go in by standard input only."""
    done = subprocess.run(
        [BIN / name, *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )
    if not done.stdout.strip():
        if done.returncode:
            raise SystemExit(f"demo: {name} {arguments}: {done.stderr.strip()}")
        return 0, None
    return done.returncode, json.loads(done.stdout)


def enrol(demo: Demo) -> None:
    """Let the token draw a seed, sealed to the verifier's key, and prove it by a code."""
    key, file = demo.folder / "verifier.key", demo.folder / "enrolled.json"
    shown = subprocess.run(
        [BIN / "host-verify", "--store", demo.store, "key", "show"],
        capture_output=True,
        text=True,
        check=True,
    )
    key.write_text(shown.stdout)
    demo.desk_with_a_press("enroll", "Example:erin", "--verifier-key", str(key), "--output", str(file))
    sealed = json.loads(file.read_text())["entries"][0]
    say(f"what the desk has of it: {sealed['sealed'][:40]}…")
    code = demo.desk_with_a_press("code", "erin")["code"]
    demo.verifier("import", str(file), "--user", "erin", "--at", str(demo.utc()), given=code)
    say("the verifier has opened it, and accepted a code as the proof")


def life(demo: Demo) -> None:
    heading("A token starts for the first time")
    demo.start()
    info = demo.desk("info")
    say(f"serial {info['serial']}, {info['accounts']} of {info['capacity']} accounts, clock {info['clock']}")
    demo.show("1-empty")
    demo.done("the firmware boots and the desk finds it on its serial port")

    heading("The desk becomes its owner: six digits are compared, and confirm is pressed")
    key = demo.desk("desk", "init")
    say(f"the desk's key: {key['fingerprint']}")
    demo.desk_with_a_press("pair", digits=True)
    owner = demo.desk("status")
    say(f"to this token the desk is its {owner['role']}")
    demo.done("desk and token know each other by their keys; all else goes through their channel")

    heading("The desk sets its clock and fills it")
    sync = demo.desk("sync")
    after = sync["after"]
    say(f"clock set, off by {after['offset_ms']:.1f} ms ± {after['uncertainty_ms']:.1f} ms")
    for uri in (TOTP_URI, HOTP_URI):
        demo.desk("add", "-", given=uri)
    for account in demo.desk("accounts")["accounts"]:
        say(f"account {account['issuer']}: {account['name']} ({account['kind'].upper()})")
    demo.done("two accounts are in, the clock is set")

    heading("A PIN locks it; the desk may unlock it")
    demo.desk("pin", "set", given=f"{PIN}\n")
    demo.desk("lock")
    demo.show("3-locked")
    say(f"with another PIN: {demo.refused('unlock', given='0000')}")
    say(f"locked: {demo.desk('unlock', given=PIN)['locked']}")
    demo.desk("pin", "clear")
    demo.done("with a PIN the accounts are sealed until it is entered")

    heading("A seed that nobody sees")
    demo.verifier("init")
    enrol(demo)
    demo.done("the token draws a seed itself, and only the verifier can open it")

    heading("The display shows a code; the verifier accepts it once")
    demo.press("next")
    demo.verifier("token", "add", "--user", "alice", given=TOTP_URI)
    demo.verifier("token", "add", "--user", "door", given=HOTP_URI)
    code = demo.code()
    demo.show("4-code")
    say(f"alice presents {code}: {demo.verify('alice', code, 'accepted')['reason']}")
    say(f"the same again:       {demo.verify('alice', code, 'replayed')['reason']}")
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    say(f"alice presents {wrong}: {demo.verify('alice', wrong, 'wrong_code')['reason']}")
    demo.done("a code is accepted once; a second time and a wrong one are refused")

    heading("A counter-based code appears when confirm is pressed")
    demo.press("next")
    demo.press("confirm")
    code = demo.code()
    demo.show("5-counter")
    say(f"door presents {code}: {demo.verify('door', code, 'accepted')['reason']}")
    demo.press("previous")
    demo.done("HOTP works beside TOTP")

    heading(f"Months go by; the token's crystal is {PPM} ppm fast")
    for days in (14, 14, 14, 21, 21, 28):
        demo.sim("clock", "--advance", str(days * DAY))
        verdict = demo.verify("alice", demo.code(), "accepted")
        say(f"{days} days later: {verdict['reason']}; seen from the verifier {clock(verdict)}")
    demo.done("the verifier follows the clock's drift")

    heading("A year in the cold: lost in the drift, brought back by two codes")
    demo.stop()
    demo.start(COLD_PPM)
    demo.sim("clock", "--advance", str(365 * DAY))
    first = demo.code()
    say(f"its code after a year of silence: {demo.verify('alice', first, 'wrong_code')['reason']}")
    demo.sim("clock", "--advance", "30")
    verdict = demo.verify("alice", f"{first}\n{demo.code_now()}\n", "accepted", command="resync")
    say(f"two codes in a row: {verdict['reason']}; seen from the verifier {clock(verdict)}")
    demo.sim("clock", "--advance", "60")
    say(f"the next code: {demo.verify('alice', demo.code(), 'accepted')['reason']}")
    demo.done("a token lost in the drift is found again")

    heading("The token is restarted")
    demo.stop()
    demo.start()
    accounts = demo.desk("accounts")["accounts"]
    say("accounts: " + ", ".join(f"{a['issuer']}: {a['name']}" for a in accounts))
    demo.sim("clock", "--advance", "60")
    demo.verify("alice", demo.code(), "accepted")
    demo.done("after a restart everything is still there")


def main() -> None:
    started = time.monotonic()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(Path(folder))
        try:
            life(demo)
            demo.stop()
        finally:
            demo.kill()
    heading(f"All of it worked, in {time.monotonic() - started:.0f} s:")
    for what in demo.passed:
        say("- " + what)


if __name__ == "__main__":
    main()
