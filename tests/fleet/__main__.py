"""Prints the figures of docs/fleet.md: `python -m tests.fleet [--tokens N] [--years N]`."""

import argparse
import time

from host_verify.fleet import odds
from host_verify.policy import Policy
from tests.fleet.simulation import Tally, run

SEED = 6
_EVERY = 60  # s between two words of how far it is


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet", description=__doc__)
    parser.add_argument("--tokens", type=int, default=1500)
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--set-yearly", action="store_true", help="set each clock right once a year or so")
    options = parser.parse_args()
    began = told = time.monotonic()
    tally = Tally()
    for each in run(options.tokens, options.years, options.seed, Policy(), options.jobs, options.set_yearly):
        tally += each
        if time.monotonic() - told > _EVERY:
            told = time.monotonic()
            print(f"... {tally.tokens} tokens after {told - began:.0f} s", flush=True)
    print(f"{options.tokens} tokens, {options.years} years, {time.monotonic() - began:.0f} s")
    for name, value in figures(tally).items():
        print(f"{name:<52} {value}")


def figures(tally: Tally) -> dict[str, str]:
    """Return the figures by name."""
    causes, needed = tally.causes, tally.codes_needed
    shares = ", ".join(
        f"{number}: {count / tally.codes.total():.2%}" for number, count in sorted(tally.codes.items())
    )
    found = {
        "good logins": f"{tally.logins:,}",
        "accepted with the first code": f"{tally.accepted_share:.4%}",
        "refused": f"{tally.refused:,} (first login {causes['first']}, after days unused {causes['absent']}, "
        f"else {causes['other']})",
        "codes until a refused one was in": ", ".join(f"{n}: {needed[n]}" for n in sorted(needed)) or "-",
        "used codes given again": f"{tally.replays:,}",
        "of which accepted": f"{tally.replayed}",
        "codes right at a login": f"{tally.mean_codes:.3f} ({shares})",
        "false acceptance of a try, at logins": f"{odds(tally.mean_codes, 6):.2e}",
        "codes right at any time": f"{tally.mean_guessed_codes:.3f}, at most {max(tally.guessed_codes)}",
        "false acceptance of a try, at any time": f"{odds(tally.mean_guessed_codes, 6):.2e}",
        "guesses made, and right": f"{tally.guessed_codes.total():,}, {tally.guesses_right}",
        "refused by one step around the server's clock": f"{tally.fixed / tally.logins:.2%}",
        "refused by one step around the last code's": f"{tally.remembered / tally.logins:.2%}",
    }
    if tally.settings:
        found["clocks set right"] = f"{tally.settings:,}"
    return found


if __name__ == "__main__":
    main()
