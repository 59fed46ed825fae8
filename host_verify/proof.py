"""The proof that a token has the seed that a file says it has: one of its codes."""

from tokencore.account import Account

from .core import Reason, State, Status, check, first_state
from .matching import CodeKey
from .policy import Policy


def prove(account: Account, code: str, utc: int, policy: Policy) -> State | None:
    """Return the state of a token whose first code came at `utc`, or None if that is no code of its.

    The code is used up, and what it shows of the token's clock or counter is in the state.
    """
    outcome, state = check(CodeKey(account), first_state(account, Status.NEW), code, utc, policy)
    return state if outcome.reason is Reason.ACCEPTED else None
