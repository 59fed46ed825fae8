"""What goes over HTTP, as its OpenAPI page shows it. A secret or a code goes in and never comes out."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..core import Reason, Status
from ..replacements import MOST
from ..service import Factor

LAST_SECOND = 253_402_300_799  # the end of the year 9999
Text = Annotated[str, Field(max_length=16_384)]
# JSON knows no integers: 3.0 is one, too.
_whole = BeforeValidator(
    lambda value: int(value) if isinstance(value, float) and value.is_integer() else value
)
TokenId = Annotated[str, Field(pattern="^[0-9a-f]{8}$", examples=["3f9a1c02"])]


class Body(BaseModel):
    """What every request's body obeys: the right types and no other fields."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Attempt(Body):
    """A user's code."""

    user: Text = Field(examples=["alice"])
    code: Text = Field(
        examples=["123 456"],
        description="Digits as the display shows them, behind the user's PIN if he has one; or a replacement "
        "code. Spaces are dropped.",
    )


class TwoCodes(Body):
    """Two consecutive codes of a token that is lost in its drift or its counter."""

    user: Text
    first: Text
    second: Text


class NewToken(Body):
    """A token to be added."""

    user: Text
    uri: Text = Field(description="otpauth://totp/... or otpauth://hotp/...; it holds the secret.")
    serial: Text | None = None


class NewStatus(BaseModel):
    """What a token's status shall be; revoking is for good."""

    model_config = ConfigDict(extra="forbid")

    status: Literal[Status.ACTIVE, Status.SUSPENDED, Status.REVOKED]


class NewOwner(Body):
    """Whose a token shall be; null: nobody's, back in the drawer."""

    user: Text | None


class Loss(Body):
    """That a token is lost, and what stands in for it."""

    until: Annotated[Annotated[int, Field(ge=0, le=LAST_SECOND)] | None, _whole] = Field(
        None, description="UTC second before which its replacement codes are accepted; null: there are none."
    )
    codes: Annotated[int, Field(ge=1, le=MOST), _whole] = Field(10, description="How many there shall be.")


class NewUser(Body):
    """A user to be added."""

    name: Text = Field(examples=["alice"])


class NewPin(Body):
    """A user's PIN: 4 to 64 characters; null: the code alone."""

    pin: Text | None


class NewLock(Body):
    """Whether every code of a user is refused."""

    locked: bool


class User(BaseModel):
    """A user. `pin_set` and `locked` are since when (UTC seconds), or null."""

    name: str
    created: int
    pin_set: int | None
    locked: int | None


class Users(BaseModel):
    """Some users in the order of their names; where `next` is not null, more come after it."""

    users: list[User]
    next: str | None


class Answer(BaseModel):
    """The answer to a key that may only verify: `reason` is `accepted` or `refused`, whatever the cause."""

    accepted: bool
    reason: Reason | str = Field(examples=["accepted", "refused"])


class FullAnswer(Answer):
    """The answer to a key of scope helpdesk or admin: why, and by which token."""

    user: str
    token: str | None
    factor: Factor | None
    shift: int | None
    offset: int | None
    retry_after: int | None


class Token(BaseModel):
    """A token, without its secret. `counter` is HOTP's; `period`, `t0`, `next_step` and `clock` TOTP's."""

    id: str
    user: str
    serial: str | None
    created: int
    kind: str
    issuer: str
    name: str
    algorithm: str
    digits: int
    status: Status
    locked: bool
    locked_until: int | None
    failures: int
    counter: int | None = None
    period: int | None = None
    t0: int | None = None
    next_step: int | None = None
    clock: dict[str, Any] | None = None


class Lost(BaseModel):
    """A lost token and the codes in its place, which are shown this once."""

    token: Token
    codes: list[str]


class Tokens(BaseModel):
    """Some tokens in the order of their ids; where `next` is not null, more come after it."""

    tokens: list[Token]
    next: str | None


class Event(BaseModel):
    """An entry of the audit; `link` binds it to the one before."""

    seq: int
    at: int
    door: str
    actor: str
    action: str
    reason: str
    user: str | None
    token: str | None
    step: str | None = Field(description="Of an accepted code: its time step or counter.")
    link: str


class History(BaseModel):
    """Entries of the audit."""

    entries: list[Event]


class Codes(BaseModel):
    """How many codes are right at a time: on average, and how many tokens have so many (rounded)."""

    mean: float
    tokens: dict[str, int]


class Guess(BaseModel):
    """The chance that a guess is right, from 0 to 1."""

    mean: float
    most: float


class Offsets(BaseModel):
    """How far ahead of UTC the known clocks are, in seconds; the median is of how far off."""

    least: int
    greatest: int
    median: int


class Several(BaseModel):
    """A user of several tokens, and the chance that a guess is right for any of them."""

    user: str
    tokens: int
    guess: float


class Leaving(BaseModel):
    """A token that leaves its window at UTC second `when`, or has left it, and why."""

    token: str
    user: str | None
    why: str
    when: int


class Fleet(BaseModel):
    """The clocks of the tokens in use at UTC second `utc`.

    clocks are known, unseen not yet; counters are HOTP tokens, each with counter_codes codes that are right.
    codes and guess are of those that tell time. left_out is how many more are leaving than are named.
    """

    utc: int
    clocks: int
    unseen: int
    counters: int
    counter_codes: int
    codes: Codes
    guess: Guess
    offset: Offsets | None
    several: list[Several]
    leaving: list[Leaving]
    left_out: int


class Standing(BaseModel):
    """Whether the service can work."""

    status: str


class Fault(BaseModel):
    """What was wrong: its kind for programs, a text for people."""

    kind: str
    message: str


class Problem(BaseModel):
    """The body of every answer that is no success."""

    error: Fault
