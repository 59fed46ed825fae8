"""Coverage-guided fuzzing, unattended: python -m tests.fuzz TARGET [--seconds N] [--grow]

TARGET is one of targets.TARGETS; what is known beforehand stands in tests/fuzz/corpus. With --grow the inputs
that have reached something new are added to it. An input that breaks a target is added in any case, so that
the suite fails until it is mended; the status is not 0 then. Needs the package atheris.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz import corpus

NAMES = ("frame", "cbor", "messages", "channel", "vault")
_LIMITS = ("-max_len=1100", "-len_control=20", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1")
_KEPT = 160  # bytes of an input that is added
_INSTRUMENTED = ["tokencore", "tokenfw"]


def fuzz(target: str, options: list[str]) -> None:
    """Fuzz in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=_INSTRUMENTED):
        from tests.fuzz.targets import TARGETS
    atheris.Setup([sys.argv[0], *options], TARGETS[target])
    atheris.Fuzz()


def in_a_process(target: str, *options: str) -> int:
    """Fuzz in a process of its own, since libFuzzer ends the one that it runs in; return its status."""
    command = [sys.executable, "-m", "tests.fuzz", target, "--", *_LIMITS, *options]
    return subprocess.run(command, check=False).returncode


def run(target: str, seconds: int, grow: bool, folder: Path) -> int:
    """Fuzz a target for so long in `folder`, and return the status."""
    known, found, crashes = [folder / name for name in ("known", "found", "crashes")]
    for path in (known, found, crashes):
        path.mkdir()
    corpus.unpack(target, known)
    limit, artifacts = f"-max_total_time={seconds}", f"-artifact_prefix={crashes}/"
    status = in_a_process(target, limit, artifacts, str(found), str(known))
    broken = corpus.pack(crashes)
    if broken:
        corpus.write(target, corpus.read(target) + broken)
        print(f"{len(broken)} inputs break {target}: they stand in {corpus.FOLDER / target}.txt now")
    elif grow and not status:
        small = [data for data in corpus.pack(found) if len(data) <= _KEPT]
        corpus.write(target, corpus.read(target) + small)
    return status


def main(arguments: list[str]) -> int:
    """Return the status of the process."""
    if "--" in arguments:  # the process that `in_a_process` has started
        fuzz(arguments[0], arguments[2:])
        return 0
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--grow", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        return run(options.target, options.seconds, options.grow, Path(folder))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
