"""Checks per second of the verifier's core: python -m tests.bench.bench_verifier

A wrong code is checked against a token whose clock has been learned, with all rules in force, and the new
state is made. Beside it, on the same seed and steps: pyotp's verify, and a bare loop of hmac.digest and
truncation that compares each step's number (the floor). Rounds of the three alternate, so that a change in
the machine's speed hits all; the median ratio counts.
"""

import hmac
import json
import sys
import time
from base64 import b32encode
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

import pyotp
from tokencore.account import Account
from tokencore.otp import totp

from host_verify.core import Reason, State, check
from host_verify.matching import CodeKey
from host_verify.policy import Policy

SECRET = b"12345678901234567890"
NOON = 1_800_000_000
ROUNDS = 15
SECONDS = 0.1  # a round of each
GOALS = {"pyotp": 3.0, "floor": 0.9}


def floor(secret: bytes, wanted: int, first: int, last: int) -> bool:
    """Compare `wanted` with the code of each step: the least that a check by hmac.digest can do."""
    found = False
    for step in range(first, last + 1):
        mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
        offset = mac[-1] & 15
        number = (int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF) % 1_000_000
        found |= number == wanted
    return found


def contestants(window: int) -> dict[str, Callable[[], object]]:
    """Return what is timed, each one call; all refuse the same wrong code."""
    account, policy = Account(SECRET, "bench"), Policy(window=window)
    key = CodeKey(account)
    outcome, state = check(key, State(), totp(SECRET, NOON), NOON, policy)
    assert outcome.reason is Reason.ACCEPTED
    assert state.drift is not None
    utc = NOON + 3600
    step = utc // 30
    near = {totp(SECRET, utc + 30 * shift) for shift in range(-window, window + 1)}
    code = next(code for code in ("123456", "654321") if code not in near)
    other = pyotp.TOTP(b32encode(SECRET).decode())
    when = datetime.fromtimestamp(utc, UTC)
    wanted = int(code)
    calls: dict[str, Callable[[], object]] = {
        "core": lambda: check(key, state, code, utc, policy),
        "pyotp": lambda: other.verify(code, for_time=when, valid_window=window),
        "floor": lambda: floor(SECRET, wanted, step - window, step + window),
    }
    assert check(key, state, code, utc, policy)[0].reason is Reason.WRONG_CODE
    assert not calls["pyotp"]()
    assert not calls["floor"]()
    return calls


def rate(call: Callable[[], object], seconds: float) -> float:
    """Return calls per second."""
    count, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        for _ in range(500):
            call()
        count += 500
    return count / elapsed


def measure(window: int) -> dict[str, float]:
    """Return each contestant's median rate and the core's median ratio to the others."""
    calls = contestants(window)
    rounds = [{name: rate(call, SECONDS) for name, call in calls.items()} for _ in range(ROUNDS)]
    result = {name: median(each[name] for each in rounds) for name in calls}
    for name in GOALS:
        result[f"to {name}"] = median(each["core"] / each[name] for each in rounds)
    return result


def main() -> None:
    """Print a table, or with --json one object for each window."""
    results = {window: measure(window) for window in (0, 1)}
    if "--json" in sys.argv:
        print(json.dumps(results))
        return
    print(f"Wrong codes refused per second, one process (medians of {ROUNDS} rounds)")
    print(f"{'window':>8}{'core':>12}{'pyotp':>12}{'floor':>12}{'core/pyotp':>12}{'core/floor':>12}")
    for window, found in results.items():
        label = f"±{window}" if window else "0"
        print(
            f"{label:>8}{found['core']:>12,.0f}{found['pyotp']:>12,.0f}{found['floor']:>12,.0f}"
            f"{found['to pyotp']:>12.2f}{found['to floor']:>12.2f}"
        )
    print(f"    goal{'':>36}{'3.00 at ±1':>12}{GOALS['floor']:>12.2f}")


if __name__ == "__main__":
    main()
