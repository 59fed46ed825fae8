"""What is decided of attempts, against a model: a user's life with a PIN, a lock, and lost tokens."""

import hmac
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from host_verify.attempts import Factor, Unproved
from host_verify.audit import LIBRARY
from host_verify.core import Reason, State, Status
from host_verify.matching import CodeKey
from host_verify.people import Person
from host_verify.pins import Proof
from host_verify.policy import Policy
from host_verify.records import Token
from host_verify.replacements import Replacement
from host_verify.service import one_code

from .parts import NOON, account, code_of

PATIENT = Policy(throttle_after=1000, lock_after=1000)
ACCOUNTS = [
    account(kind="hotp", secret=bytes([65 + n]) * 20, digits=digits) for n, digits in enumerate((7, 8))
]
PINS = ["4711", "hunter-2", "7"]


class Life(RuleBasedStateMachine):
    """The model: `next` counter of each token, `status`, the `pin` in force, `locked`, and codes left."""

    @initialize()
    def begin(self):
        self.utc = NOON
        self.person = Person("anna", NOON)
        self.tokens = [
            Token(f"{n:08x}", "anna", None, NOON, each.kind, each.algorithm, each.digits, each.period,
                  each.t0, "", each.name, State(), 0, b"", b"")
            for n, each in enumerate(ACCOUNTS)
        ]  # fmt: skip
        self.rows = {}
        self.pin = None
        self.next = [0, 0]
        self.left = {}
        self.count = 0
        self.accepted = []

    def key(self, token):
        return CodeKey(ACCOUNTS[int(token.id)])

    def codes(self, token):
        return self.rows.get(token.id, [])

    def digest(self, token, code):
        return hmac.digest(b"key", f"{token.id} {code}".encode(), "sha256")

    @rule(pin=st.sampled_from([None, *PINS]))
    def set_pin(self, pin):
        self.pin = pin
        self.person = replace(self.person, pin=None if pin is None else b"of " + pin.encode())

    @rule(locked=st.booleans())
    def lock(self, locked):
        self.person = replace(self.person, locked=self.utc if locked else None)

    @rule(which=st.integers(0, 1), seconds=st.integers(100, 500))
    def lose(self, which, seconds):
        token = self.tokens[which]
        self.left = {code: kept for code, kept in self.left.items() if kept[0] != token.id}
        rows = []
        for _ in range(2):
            self.count += 1
            code = f"A{self.count:09d}"
            rows.append(Replacement(self.digest(token, code), token.id, self.utc, self.utc + seconds))
            self.left[code] = (token.id, self.utc + seconds)
        self.rows[token.id] = rows
        self.tokens[which] = replace(token, state=token.state._replace(status=Status.LOST))

    @rule(which=st.integers(0, 1), status=st.sampled_from([Status.ACTIVE, Status.SUSPENDED]))
    def set_status(self, which, status):
        token = self.tokens[which]
        self.rows.pop(token.id, None)
        self.left = {code: kept for code, kept in self.left.items() if kept[0] != token.id}
        self.tokens[which] = replace(token, state=token.state._replace(status=status))

    @rule(seconds=st.integers(0, 100))
    def wait(self, seconds):
        self.utc += seconds

    @rule(
        which=st.integers(0, 1),
        ahead=st.integers(-3, 14),
        pin=st.sampled_from(["right", "right", "right", "", *PINS]),
    )
    def give_code(self, which, ahead, pin):
        counter = max(0, self.next[which] + ahead)
        right = self.tokens[which].state.status in (Status.ACTIVE, Status.NEW) and (
            self.next[which] <= counter <= self.next[which] + PATIENT.look_ahead
        )
        if self.ask(pin, code_of(ACCOUNTS[which], counter), right).accepted:
            self.next[which] = counter + 1
            self.accepted.append((which, counter))

    @rule(data=st.data(), pin=st.sampled_from(["right", "right", "right", "", *PINS]))
    def give_replacement(self, data, pin):
        latest = max(1, self.count - 3)
        given = data.draw(st.sampled_from([f"A{n:09d}" for n in range(latest, self.count + 2)]))
        token_id, until = self.left.get(given, (None, 0))
        verdict = self.ask(pin, given, token_id is not None and self.utc < until)
        if verdict.accepted:
            assert (verdict.token, verdict.factor) == (token_id, Factor.REPLACEMENT)
            del self.left[given]
            self.accepted.append(given)

    def ask(self, pin, code, right):
        pin = (self.pin or "") if pin == "right" else pin
        attempt = one_code("anna", f"{pin} {code[:3]} {code[3:]}", self.utc, PATIENT, LIBRARY)
        try:
            decision = attempt.decide(self.person, self.tokens, self)
        except Unproved as asked:
            assert right
            typed = attempt.typed[: asked.length].encode()
            proof = Proof(self.person.pin, asked.length, self.person.pin == b"of " + typed)
            decision = replace(attempt, proof=proof).decide(self.person, self.tokens, self)
        verdict = decision.verdict
        expected = right and pin == (self.pin or "") and self.person.locked is None
        assert verdict.accepted is expected, verdict
        assert verdict.accepted is (verdict.reason is Reason.ACCEPTED)
        assert decision.entry.reason == verdict.reason
        assert pin not in repr(decision.entry) or len(pin) < 4
        before = {token.id: token.state for token in self.tokens}
        for token, state in decision.changes:
            assert state.next_step >= before[token.id].next_step
            if not verdict.accepted:
                assert state == before[token.id]._replace(failures=state.failures, failed_at=self.utc)
                assert state.failures == before[token.id].failures + 1
            self.tokens[int(token.id)] = replace(token, state=state)
        if used := decision.used:
            assert verdict.accepted
            rows = self.rows[used.token]
            self.rows[used.token] = [used if each.digest == used.digest else each for each in rows]
        return verdict

    @invariant()
    def nothing_is_accepted_twice(self):
        if hasattr(self, "accepted"):
            assert len(set(self.accepted)) == len(self.accepted)
            assert [token.state.next_step for token in self.tokens] == self.next


TestLife = Life.TestCase
# Two codes are alike by chance once in some thousand runs; the same runs each time are not.
TestLife.settings = settings(max_examples=100, stateful_step_count=40, deadline=None, derandomize=True)
