"""The core against a small model: long random lives of one token under every kind of attempt."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from host_verify.core import Reason, resynchronise
from host_verify.policy import Policy

from .parts import NOON, Bench, code_of

SMALL = Policy(resync_window=40, throttle_after=2, throttle_seconds=3, lock_after=6)


class Life(RuleBasedStateMachine):
    """What both kinds of token share. The model: `used`, `failures`, `failed_at` and the steps accepted."""

    fields: dict[str, object] = {"digits": 8}

    @initialize()
    def begin(self):
        self.bench = Bench(SMALL, **self.fields)
        self.utc = NOON
        self.failures = 0
        self.failed_at = 0
        self.accepted = []

    @rule(seconds=st.integers(0, 100) | st.integers(0, 40 * 86_400))
    def wait(self, seconds):
        self.utc += seconds

    @precondition(lambda self: self.failures >= SMALL.lock_after)
    @rule()
    def unlock(self):
        self.bench.state = self.bench.state._replace(failures=0, failed_at=0)
        self.failures = 0

    @rule(code=st.sampled_from(["", "1234567", "1234567a", "+12345678", "123456789"]))
    def give_malformed(self, code):
        before = self.bench.state
        outcome = self.bench.give(code, self.utc)
        assert outcome.reason is (self.refusal() or Reason.MALFORMED)
        assert self.bench.state == before

    @invariant()
    def counts_agree(self):
        if hasattr(self, "bench"):
            assert self.bench.state.failures == self.failures
            assert len(set(self.accepted)) == len(self.accepted)
            assert self.accepted == sorted(self.accepted)
            assert all(step < self.bench.state.next_step for step in self.accepted)

    def refusal(self):
        """What the model says of an attempt before its code is looked at."""
        beyond = self.failures - SMALL.lock_after
        if beyond >= 0:
            return Reason.LOCKED if self.utc < self.failed_at + 900 * 2**beyond else None
        if self.failures >= SMALL.throttle_after and self.utc < self.failed_at + 3 * self.failures:
            return Reason.THROTTLED
        return None

    def judge(self, reason, expected, step):
        """Compare with the model's set of `expected` reasons, and move the model on."""
        refusal = self.refusal()
        assert reason in ({refusal} if refusal else expected), (reason, refusal, expected)
        if reason is Reason.ACCEPTED:
            self.accepted.append(step)
            self.failures = 0
        elif reason in (Reason.WRONG_CODE, Reason.OUT_OF_DRIFT):
            self.failures += 1
            self.failed_at = self.utc


class HotpLife(Life):
    fields = {"digits": 8, "kind": "hotp", "counter": 7}

    @property
    def next(self):
        return self.accepted[-1] + 1 if self.accepted else 7

    @rule(ahead=st.integers(-13, 13))
    def give(self, ahead):
        counter = max(0, self.next + ahead)
        if self.next <= counter <= self.next + SMALL.look_ahead:
            expected = Reason.ACCEPTED
        elif self.next - SMALL.look_ahead - 1 <= counter < self.next:
            expected = Reason.REPLAYED
        else:
            expected = Reason.WRONG_CODE
        reason = self.bench.give(code_of(self.bench.account, counter), self.utc).reason
        self.judge(reason, {expected}, counter)

    @rule(ahead=st.integers(-3, 45))
    def resync(self, ahead):
        counter = max(0, self.next + ahead)
        codes = (code_of(self.bench.account, counter), code_of(self.bench.account, counter + 1))
        outcome, self.bench.state = resynchronise(
            self.bench.key, self.bench.state, *codes, self.utc, self.bench.policy
        )
        if counter < self.next:
            expected = Reason.REPLAYED
        else:
            expected = Reason.ACCEPTED if counter + 1 <= self.next + 40 else Reason.WRONG_CODE
        self.judge(outcome.reason, {expected}, counter + 1)


class TotpLife(Life):
    """Exact before the first code; around a clock that is known only the outer bounds are known."""

    def __init__(self):
        super().__init__()
        self.ahead = 0  # steps by which the token last accepted was ahead

    @rule(shift=st.integers(-25, 25))
    def give(self, shift):
        now = self.utc // 30
        step = now + shift
        reason = self.bench.give(code_of(self.bench.account, step), self.utc).reason
        self.judge(reason, self.expected(shift, step), step)
        if reason is Reason.ACCEPTED:
            self.ahead = shift

    @rule(shift=st.integers(-45, 45))
    def resync(self, shift):
        step = self.utc // 30 + shift
        codes = (code_of(self.bench.account, step), code_of(self.bench.account, step + 1))
        outcome, self.bench.state = resynchronise(
            self.bench.key, self.bench.state, *codes, self.utc, self.bench.policy
        )
        expected = {Reason.ACCEPTED, Reason.WRONG_CODE, Reason.REPLAYED}
        if -40 <= shift <= 39:
            expected = {Reason.REPLAYED if self.accepted and step <= self.accepted[-1] else Reason.ACCEPTED}
        self.judge(outcome.reason, expected, step + 1)
        if outcome.reason is Reason.ACCEPTED:
            self.ahead = shift + 1

    def expected(self, shift, step):
        used = self.accepted and step <= self.accepted[-1]
        right = Reason.REPLAYED if used else Reason.ACCEPTED
        if not self.accepted and abs(shift) <= SMALL.window:
            return {right}
        # The rate is at most 200 ppm, the time since the last code at most what the machine has waited.
        drifted = (self.utc - NOON) * 200e-6 / 30
        reach = max(SMALL.window + SMALL.silence_window + 1, SMALL.notice_window) + 1 + drifted
        if abs(shift) <= SMALL.window or abs(shift - self.ahead) <= reach:
            return {right, Reason.WRONG_CODE}
        return {Reason.WRONG_CODE}


TestHotpLife = HotpLife.TestCase
TestTotpLife = TotpLife.TestCase
TestHotpLife.settings = TestTotpLife.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None
)
