"""When the disk is full or slow, the database gone, or the clock stepped: no code twice, none unstored.

And afterwards all goes on by itself.
"""

import os
import resource
import signal
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_verify import audit, backup, flushing
from host_verify.apikeys import Scope
from host_verify.core import Reason
from host_verify.errors import VerifierError
from host_verify.policy import Policy
from host_verify.service import add_token, verify

from .parts import MASTER, NOON, POLICY, Bench, account, code_of, new_store, open_store
from .serving import Serving

HOTP = account(kind="hotp", secret=b"h" * 20)
ROOM = 200_000  # bytes that are left to write
PATIENT = Policy(throttle_after=1000, lock_after=1000)


class SmallDisk:
    """A file system in memory, of a few MB, which can be filled and freed."""

    def __init__(self, folder):
        self.folder = folder / "disk"
        self.folder.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", "size=8M", "tmpfs", str(self.folder)]
        self.mounted = subprocess.run(words, capture_output=True, check=False).returncode == 0

    @contextmanager
    def full(self, room=ROOM):
        filler = self.folder / "filler"
        with filler.open("wb") as file:
            free = os.statvfs(self.folder)
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_bsize - room)
        try:
            yield
        finally:
            filler.unlink()

    def remove(self):
        if self.mounted:
            subprocess.run(["umount", str(self.folder)], check=True)


class Limited:
    """No file of this process may grow any further: the disk's errors where none can be mounted."""

    def __init__(self, folder):
        self.folder = folder

    @contextmanager
    def full(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        largest = max(file.stat().st_size for file in self.folder.iterdir() if file.is_file())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + ROOM, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def small_disk(tmp_path):
    disk = SmallDisk(tmp_path)
    if not disk.mounted:
        pytest.skip("no file system may be mounted here (it needs root)")
    yield disk
    disk.remove()


@pytest.fixture(params=["a small disk", "a limit"])
def disk(request, tmp_path):
    return Limited(tmp_path) if request.param == "a limit" else request.getfixturevalue("small_disk")


def test_on_a_full_disk_nothing_is_accepted_and_with_room_it_goes_on(disk):
    path = new_store(disk.folder)
    with open_store(path) as store:
        add_token(store, "bob", None, HOTP, NOON)
        with disk.full():
            accepted = 0
            with pytest.raises(VerifierError) as caught:
                for counter in range(2000):
                    assert verify(store, "bob", code_of(HOTP, counter), NOON, POLICY).accepted
                    accepted += 1
            assert "no room" in str(caught.value) or "look after its disk" in str(caught.value)
            assert accepted > 0
            # It stays so, and says so each time.
            for _ in range(3):
                with pytest.raises(VerifierError, match=r"no room|look after"):
                    verify(store, "bob", code_of(HOTP, accepted), NOON, POLICY)
        # What was told is stored, what was not is not lost.
        with open_store(path) as other:
            assert other.tokens("bob")[0].state.next_step == accepted
        for counter in range(accepted):
            assert not verify(store, "bob", code_of(HOTP, counter), NOON, PATIENT).accepted
        assert verify(store, "bob", code_of(HOTP, accepted), NOON, PATIENT).accepted
        assert audit.examine(store).faults == []


def test_a_backup_for_which_there_is_no_room_leaves_nothing(small_disk):
    folder = small_disk.folder
    with open_store(new_store(folder)) as store:
        for number in range(60):
            add_token(store, f"user{number}", None, account(secret=b"%020d" % number), NOON)
        with small_disk.full(80_000), pytest.raises(VerifierError, match=r"backup\.db has no room"):
            backup.make(store, folder / "backup.db", NOON)
        assert not [file for file in os.listdir(folder) if file.startswith("backup")]
        assert backup.make(store, folder / "backup.db", NOON).tokens == 60


def test_nothing_is_told_before_a_slow_disk_has_it(tmp_path, monkeypatch):
    """The code is used up meanwhile: a second one who gives it is refused, and that late as well."""
    reached, done = threading.Semaphore(0), threading.Event()
    real = flushing._flushed

    def slow(handle):
        reached.release()
        assert done.wait(30)
        real(handle)

    path = new_store(tmp_path)
    with open_store(path) as store, open_store(path) as other, ThreadPoolExecutor(2) as pool:
        add_token(store, "bob", None, HOTP, NOON)
        monkeypatch.setattr(flushing, "_flushed", slow)
        first = pool.submit(verify, store, "bob", code_of(HOTP, 0), NOON, POLICY)
        assert reached.acquire(timeout=30)
        second = pool.submit(verify, other, "bob", code_of(HOTP, 0), NOON, POLICY)
        assert reached.acquire(timeout=30)
        assert not first.done()
        assert not second.done()
        done.set()
        assert first.result(30).accepted
        assert second.result(30).reason is Reason.REPLAYED


def test_what_the_disk_refuses_to_keep_is_not_accepted(tmp_path, monkeypatch):
    def broken(handle):
        raise OSError(5, "Input/output error")

    path = new_store(tmp_path)
    with open_store(path) as store:
        add_token(store, "bob", None, HOTP, NOON)
        with monkeypatch.context() as patch:
            patch.setattr(flushing, "_flushed", broken)
            with pytest.raises(VerifierError, match="look after the disk; nothing was accepted"):
                verify(store, "bob", code_of(HOTP, 0), NOON, POLICY)
        # It may be on the disk or not: in no case does it count any more once the next is accepted.
        assert verify(store, "bob", code_of(HOTP, 1), NOON, POLICY).accepted
        assert verify(store, "bob", code_of(HOTP, 0), NOON, POLICY).reason is Reason.REPLAYED


def together(serving, code, clients=4):
    """Give a code by several clients at one instant; return how often each answer came."""

    def one(_):
        with serving.client(Scope.HELPDESK) as client:
            try:
                answer = client.post("/v1/verify", json={"user": "bob", "code": code})
            except httpx2.TransportError:
                return "no answer"
            return answer.json()["reason"] if answer.status_code == 200 else str(answer.status_code)

    with ThreadPoolExecutor(clients) as pool:
        return Counter(pool.map(one, range(clients)))


def test_a_service_whose_database_goes_and_comes_accepts_nothing_twice(postgresql):
    from host_verify.keys import SoftwareMaster
    from host_verify.store import create

    place = postgresql.new()
    create(place, SoftwareMaster(MASTER), NOON)
    with open_store(place) as store:
        add_token(store, "bob", None, HOTP, NOON)
    with Serving(place) as serving:
        accepted = Counter()
        for turn, how in enumerate((signal.SIGINT, signal.SIGQUIT)):
            code = code_of(HOTP, 3 * turn)
            answers = together(serving, code)
            assert answers[Reason.ACCEPTED] == 1
            accepted += answers
            postgresql.stop(how)
            try:
                assert together(serving, code_of(HOTP, 3 * turn + 1)) == {"503": 4}
                with serving.client() as client:
                    assert client.get("/healthz").status_code == 200
                    assert client.get("/readyz").status_code == 503
            finally:
                postgresql.start()
            # At once, and the code that was refused for the database's sake is good still.
            answers = together(serving, code_of(HOTP, 3 * turn + 1))
            assert answers == {Reason.ACCEPTED: 1, Reason.REPLAYED: 3}
            assert together(serving, code) == {Reason.REPLAYED: 4}
    assert "cannot be reached" in serving.said
    with open_store(place) as store:
        assert audit.examine(store).faults == []


def test_a_backup_that_is_killed_leaves_no_file_of_its_name(tmp_path):
    """SIGKILL at many moments: there is no file of that name, or it is whole."""
    path = new_store(tmp_path)
    with open_store(path) as store:
        for number in range(100):
            add_token(store, f"user{number}", None, account(secret=b"%020d" % number), NOON)
    script = (
        "import sys, threading, os; from pathlib import Path; from tests.verifier.parts import *;"
        "from host_verify import backup; store = open_store(Path(sys.argv[1]));"
        "threading.Timer(float(sys.argv[3]), lambda: os.kill(os.getpid(), 9)).start();"
        "[backup.make(store, Path(sys.argv[2]) / f'backup{n}.db', NOON) for n in range(1000)]"
    )
    target = tmp_path / "backups"
    target.mkdir()
    run = subprocess.run([sys.executable, "-c", script, str(path), str(target), "0.2"], check=False)
    assert run.returncode == -9
    made = list(target.glob("backup*.db"))
    assert made
    for file in made[-5:]:
        with open_store(file) as store:
            assert audit.examine(store).faults == []
            assert len(store.tokens()) == 100


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 240), st.sampled_from([0, 0, 0, 1, 2, 20, -30, -600, 90, 3600, -86_400])),
        min_size=5,
        max_size=40,
    )
)
def test_however_the_servers_clock_is_stepped_no_code_is_accepted_twice(turns):
    """The token's clock goes on evenly; the server's is put wrong by so many seconds for each attempt."""
    bench = Bench(PATIENT)
    true, accepted, given_codes = NOON, set(), []
    for passed, wrong in turns:
        true += passed
        given_codes.append(true // 30)
        for step in given_codes[-3:]:
            outcome = bench.give(code_of(bench.account, step), true + wrong)
            if outcome.reason is Reason.ACCEPTED:
                assert outcome.step not in accepted
                accepted.add(outcome.step)
    # With the clock right again, the token is back within two codes.
    for _ in range(3):
        true += 30
        if bench.give(code_of(bench.account, true // 30), true).reason is Reason.ACCEPTED:
            return
    raise AssertionError("the token is lost")


@pytest.mark.parametrize("stepped", [86_400, 400 * 86_400])
def test_what_was_counted_by_a_clock_in_the_future_is_waited_for_as_ever_once_it_is_mended(stepped):
    bench = Bench(POLICY)
    assert bench.step(NOON // 30, NOON) is Reason.ACCEPTED
    for turn in range(3):
        assert bench.give("000000", NOON + stepped + 60 * turn).reason is Reason.WRONG_CODE
    now = NOON + 300
    assert bench.step(now // 30, now) is Reason.THROTTLED
    now += POLICY.throttle_seconds * 3
    assert bench.step(now // 30, now) is Reason.ACCEPTED


def test_a_clock_that_was_in_the_past_makes_nobody_wait_longer():
    bench = Bench(POLICY)
    assert bench.step(NOON // 30, NOON) is Reason.ACCEPTED
    for turn in range(3):
        assert bench.give("000000", NOON - 86_400 + 60 * turn).reason is Reason.WRONG_CODE
    assert bench.step(NOON // 30 + 2, NOON + 60) is Reason.ACCEPTED
