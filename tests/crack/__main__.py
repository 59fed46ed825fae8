"""Says what an image of a token's whole flash gives away: python -m tests.crack IMAGE [--try digits=4].

IMAGE is what `picotool save -a` writes of a Pico, or the simulator's flash.bin. Try it on your own tokens.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from pathlib import Path

from tokencore import otp, seals
from tokencore.account import Account
from tokencore.base32 import encode

from tests.crack import guessing
from tests.crack.image import Found, NothingFound, search

LOST = """\
A PIN together with an image of the flash is lost. That a token makes you wait, and wipes itself at the
tenth failure, are rules of its firmware: whoever has the image does not ask it. Only a long passphrase
holds out."""


def main() -> int:
    """Run the command; return its exit status."""
    options = _options()
    try:
        found = search(options.image.read_bytes())
    except (OSError, NothingFound) as error:
        print(f"{options.image}: {error}", file=sys.stderr)
        return 1
    accounts = f"{found.count} account{'s' * (found.count != 1)}"
    print(f"The device secret and a store of {accounts} are in this image.")
    _tell_settings(found)
    if not found.slot.rounds:
        print("There is no PIN: the image is all that it takes.\n")
        _show(found.accounts() or [], options.show_seeds)
        return 0
    print(f"\nA PIN is set: {_kind(found)}, PBKDF2-HMAC-SHA256 of {found.slot.rounds} rounds.\n{LOST}\n")
    _tell_times(found, options.seconds, options.cores)
    return _try(found, options) if options.tries else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crack", description=__doc__.split("\n")[0])
    parser.add_argument("image", type=Path, help="the image of a whole flash")
    parser.add_argument("--seconds", type=float, default=3.0, help="for how long to measure (3)")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="how many to use (all)")
    parser.add_argument(
        "--try",
        dest="tries",
        metavar="digits=N|words=FILE",
        help="try all PINs of N digits, or those of a file",
    )
    parser.add_argument("--show-seeds", action="store_true", help="print the shared secrets, too")
    return parser.parse_args()


def _tell_settings(found: Found) -> None:
    owner = found.settings["owner"]
    print("Without any PIN it tells:")
    print("  owner's key      ", seals.fingerprint(owner) if isinstance(owner, bytes) and owner else "none")
    print("  the token's own private key, with which it can be imitated towards its desk")
    print("  clock last set   ", _when(found.settings["clock_floor"]))
    print("  last code shown  ", _when(found.settings["shown_utc"]))


def _when(utc: object) -> str:
    assert isinstance(utc, int)
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(utc)) if utc else "not known"


def _kind(found: Found) -> str:
    return "digits only" if found.slot.digits else "with other characters than digits"


def _tell_times(found: Found, seconds: float, cores: int) -> None:
    rounds = found.slot.rounds
    here, gpu = guessing.measured(found, seconds, cores), guessing.gpu_rate(rounds)
    print(f"{'expected time to find it':<30} {'here':>22} {guessing.GPU:>22}")
    print(f"{'guesses a second':<30} {here:>22,.0f} {gpu:>22,.0f}")
    for space, size in guessing.SPACES.items():
        times = [guessing.duration(size / 2 / rate) for rate in (here, gpu)]
        print(f"{space:<30} {times[0]:>22} {times[1]:>22}")
    print(f"\nHere: hashlib.pbkdf2_hmac on {cores} cores. {guessing.GPU}: Hashcat v6.2.6, mode 10900, at")
    print(f"{guessing.GPU_RATE:,} guesses a second of {guessing.GPU_ROUNDS} rounds, scaled by rounds:")
    print(guessing.GPU_SOURCE)


def _try(found: Found, options: argparse.Namespace) -> int:
    kind, _, what = options.tries.partition("=")
    if kind == "digits" and what.isdigit():
        pins = guessing.digits(int(what))
    elif kind == "words":
        pins = iter(Path(what).read_bytes().splitlines())
    else:
        print("--try: use digits=4 or words=FILE", file=sys.stderr)
        return 2
    begun = time.monotonic()
    pin, tried = guessing.search(found, pins, options.cores)
    print(f"\n{tried:,} tried in {guessing.duration(time.monotonic() - begun)}.")
    if pin is None:
        print("None of them is the PIN.")
        return 1
    print(f"The PIN is {pin.decode(errors='replace')}\n")
    accounts = found.accounts(hashlib.pbkdf2_hmac("sha256", pin, found.slot.salt, found.slot.rounds))
    _show(accounts or [], options.show_seeds)
    return 0


def _show(accounts: list[Account], seeds: bool) -> None:
    utc = int(time.time())
    print(f"Codes at {_when(utc)}:")
    for account in accounts:
        if account.kind == "totp":
            code = otp.totp(
                account.secret, utc, account.digits, account.period, account.t0, account.algorithm
            )
        else:
            code = otp.hotp(account.secret, account.counter, account.digits, account.algorithm)
        seed = encode(account.secret) if seeds else ""
        print(f"  {account.issuer:<24} {account.name:<32} {account.kind} {code:<8} {seed}".rstrip())


if __name__ == "__main__":
    sys.exit(main())
