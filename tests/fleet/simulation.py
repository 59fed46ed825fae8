"""The verifier's rules against many tokens' lives: what is accepted, replayed, and what a guess is worth."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from multiprocessing import get_context
from typing import Protocol, Self

from tokencore.account import Account

from host_verify import service
from host_verify.core import Reason, State, check, first_state
from host_verify.drift import Drift
from host_verify.matching import CodeKey
from host_verify.policy import Policy
from host_verify.store import Store
from host_verify.windows import accepted_steps
from tests.fleet.world import DAY, PERIOD, START, Life, Login

_TRIES = 4  # of one who is refused: with the next code, and the next
_NEXT = 32  # s later


class Verifier(Protocol):
    """Whom one token's codes are shown to."""

    key: CodeKey

    @property
    def drift(self) -> Drift | None: ...

    def give(self, code: str, utc: int) -> Reason: ...

    def guess(self, code: str, utc: int) -> bool: ...


class Core:
    """The rules alone, for speed: what the store does with a token's state, without the store."""

    def __init__(self, secret: bytes, policy: Policy) -> None:
        account = Account(secret, name="token")
        self.key = CodeKey(account)
        self._state: State = first_state(account)
        self._policy = policy

    @property
    def drift(self) -> Drift | None:
        return self._state.drift

    def give(self, code: str, utc: int) -> Reason:
        outcome, self._state = check(self.key, self._state, code, utc, self._policy)
        return outcome.reason

    def guess(self, code: str, utc: int) -> bool:
        """Tell whether a code would be accepted; nothing is remembered of it."""
        return check(self.key, self._state, code, utc, self._policy)[0].reason is Reason.ACCEPTED


class Stored:
    """The whole verifier, with its store."""

    def __init__(self, store: Store, user: str, secret: bytes, policy: Policy) -> None:
        account = Account(secret, name="token")
        self.key = CodeKey(account)
        self._store, self._user, self._policy = store, user, policy
        self._id = service.add_token(store, user, None, account, START).id

    @property
    def drift(self) -> Drift | None:
        return self._store.token(self._id).state.drift

    def give(self, code: str, utc: int) -> Reason:
        return service.verify(self._store, self._user, code, utc, self._policy).reason

    def guess(self, code: str, utc: int) -> bool:
        state = self._store.token(self._id).state
        return check(self.key, state, code, utc, self._policy)[0].reason is Reason.ACCEPTED


@dataclass
class Tally:
    """What was counted; two are added field by field.

    logins, refused     first codes of logins
    causes              what the refused ones came after: "first" login, "absent" for days, "other"
    codes_needed        how many codes a refused login took (5: all were refused)
    codes               how many codes were right at the instants of logins
    guessed_codes       the same at random instants, of idle tokens too, when a guess was made as well
    guesses_right       how many of these guesses were
    replays, replayed   used codes given again, and how many were accepted
    fixed, remembered   refused by a window of one step to either side of the server's clock, or of where the
                        token's last code was (RFC 6238 section 6), for comparison
    settings            clocks set right on the way
    """

    tokens: int = 0
    logins: int = 0
    refused: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    codes_needed: Counter[int] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    guessed_codes: Counter[int] = field(default_factory=Counter)
    guesses_right: int = 0
    replays: int = 0
    replayed: int = 0
    fixed: int = 0
    remembered: int = 0
    settings: int = 0

    def __iadd__(self, other: Self) -> Self:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        return self

    @property
    def accepted_share(self) -> float:
        """The share of good logins that were accepted with their first code."""
        return 1 - self.refused / self.logins

    @property
    def mean_codes(self) -> float:
        """How many codes were right at a login, on average."""
        return mean(self.codes)

    @property
    def mean_guessed_codes(self) -> float:
        """How many codes were right at a random instant."""
        return mean(self.guessed_codes)


def mean(numbers: Counter[int]) -> float:
    """Return the mean of counted numbers."""
    return sum(number * count for number, count in numbers.items()) / numbers.total()


def live(life: Life, verifier: Verifier, policy: Policy, seed: str, set_yearly: bool = False) -> Tally:
    """Follow one token through its life."""
    tally, chance = Tally(tokens=1), random.Random(seed)
    shift, guessed_day, due = 0, 0, 0
    last: Login | None = None
    for login in life.logins():
        for day in range(guessed_day, login.day):
            _guess(tally, verifier, policy, chance, START + day * DAY + chance.randrange(DAY))
        guessed_day = max(guessed_day, login.day)
        if set_yearly and login.day >= due:
            if due:
                life.set_right(login.utc - 3600)
                tally.settings += 1
            due = login.day + chance.randint(200, 500)
        tally.logins += 1
        tally.codes[len(accepted_steps(verifier.key, verifier.drift, login.utc, policy))] += 1
        step = life.step(login.utc - login.delay) - login.utc // PERIOD
        tally.fixed += abs(step) > 1
        tally.remembered += abs(step - shift) > 1
        shift = step
        _log_in(tally, life, verifier, login, last)
        last = login
    return tally


def _log_in(tally: Tally, life: Life, verifier: Verifier, login: Login, last: Login | None) -> None:
    utc = login.utc
    code = life.code(utc - login.delay)
    reason = verifier.give(code, utc)
    if reason is not Reason.ACCEPTED:
        tally.refused += 1
        after = "first" if last is None else "absent" if login.day - last.day > 3 else "other"
        tally.causes[after] += 1
        needed = 1
        while reason is not Reason.ACCEPTED and needed <= _TRIES:
            needed, utc = needed + 1, utc + _NEXT
            code = life.code(utc - login.delay)
            reason = verifier.give(code, utc)
        tally.codes_needed[needed if reason is Reason.ACCEPTED else _TRIES + 1] += 1
    if reason is Reason.ACCEPTED:
        tally.replays += 1
        tally.replayed += verifier.give(code, utc + 5) is Reason.ACCEPTED


def _guess(tally: Tally, verifier: Verifier, policy: Policy, chance: random.Random, utc: int) -> None:
    tally.guessed_codes[len(accepted_steps(verifier.key, verifier.drift, utc, policy))] += 1
    tally.guesses_right += verifier.guess(f"{chance.randrange(1_000_000):06d}", utc)


def run(
    tokens: int, years: int, seed: int, policy: Policy, jobs: int = 1, set_yearly: bool = False
) -> Iterator[Tally]:
    """Follow many tokens through their years; yield the tally of each, as it comes."""
    tasks = [(f"{seed} {number}", years, policy, set_yearly) for number in range(tokens)]
    if jobs == 1:
        yield from map(_task, tasks)
        return
    with get_context("fork").Pool(jobs) as pool:
        yield from pool.imap_unordered(_task, tasks, chunksize=4)


def _task(task: tuple[str, int, Policy, bool]) -> Tally:
    seed, years, policy, set_yearly = task
    life = Life(seed, years)
    return live(life, Core(life.secret, policy), policy, seed, set_yearly)
