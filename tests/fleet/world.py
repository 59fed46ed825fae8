"""What happens to a token and to whoever carries it: a crystal, its temperature, logins, lost weeks.

Nothing here knows the verifier. All is given by a number and a seed, so that every run is the same.
"""

import hmac
import math
import random
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

DAY = 86_400
START = 1_800_000_000 // DAY * DAY
PERIOD = 30

_FASTEST = 1 / DAY  # s/s; a second a day, at 25 degrees
_AGEING = 1e-6  # s/s a year, at most
_CURVE = -34e-9  # s/s a square degree away from 25, of a plain watch crystal
_SET_WITHIN = 2.0  # s; how well the clock was set when the token was given out
_DELIVERED = 14  # days until its first login, at most
_SLOWEST = float(PERIOD)  # s; who has not sent the code by then reads the next one


class Login(NamedTuple):
    """A code that arrives at UTC second `utc` (int), read `delay` s before; `day` counts from the first."""

    utc: int
    delay: float
    day: int


class Life:
    """One token's years: `ahead(utc)` is how many seconds its clock is ahead then."""

    def __init__(self, seed: str, years: int) -> None:
        self._random = random.Random(seed)
        self.secret = self._random.randbytes(20)
        self.days = 365 * years
        self._absent = self._absences()
        self.rates = self._rates()
        self._gained = [0.0, *accumulate(rate * DAY for rate in self.rates)]
        self._steps: list[tuple[int, float]] = [(0, self._random.uniform(-_SET_WITHIN, _SET_WITHIN))]

    def _absences(self) -> list[tuple[int, int]]:
        """Two or three times a year the token lies for one to three weeks; every third year up to twelve."""
        chance, spans = self._random, []
        for _ in range(self.days // 365):
            spans += [(7, 21)] * chance.choice((2, 3))
            if chance.random() < 1 / 3:
                spans.append((28, 84))
        placed = [
            (start, start + chance.randint(least, most))
            for least, most in spans
            for start in [chance.randrange(self.days)]
        ]
        return sorted(placed)

    def _rates(self) -> list[float]:
        """Return the mean rate of each day in s/s."""
        chance = self._random
        crystal, ageing = chance.uniform(-_FASTEST, _FASTEST), chance.uniform(-_AGEING, _AGEING)
        home, season, hour = chance.uniform(18, 25), chance.uniform(1, 8), chance.uniform(1, 6)
        phase, left_at = chance.uniform(0, 365), chance.choice((home, home, 30.0, 5.0))
        weather, rates = 0.0, []
        for day in range(self.days + 1):
            weather = 0.8 * weather + chance.gauss(0, 1.2)
            warm = home + season * math.cos(2 * math.pi * (day - phase) / 365) + weather
            if self.absent(day):
                warm = left_at + weather
            # Over a day, the hours' cosine adds half its square to that of the mean.
            away = (warm - 25) ** 2 + hour**2 / 2
            rates.append(crystal + ageing * day / 365 + _CURVE * away)
        return rates

    def absent(self, day: int) -> bool:
        """Tell whether the token lies unused on that day."""
        return any(start <= day < end for start, end in self._absent)

    def ahead(self, utc: float) -> float:
        """Return the token's clock less UTC, in seconds."""
        day, rest = divmod(utc - START, DAY)
        index = int(day)
        set_by = sum([seconds for since, seconds in self._steps if since <= utc])
        return set_by + self._gained[index] + self.rates[index] * rest

    def set_right(self, utc: int) -> None:
        """Set the clock to within a second of UTC, from now on."""
        self._steps.append((utc, self._random.uniform(-1, 1) - self.ahead(utc)))

    def step(self, utc: float) -> int:
        """Return the time step of the code that the display shows at `utc`."""
        return int((utc + self.ahead(utc)) // PERIOD)

    def code(self, utc: float) -> str:
        """Return what the display shows at `utc`."""
        return code(self.secret, self.step(utc))

    def logins(self) -> Iterator[Login]:
        """Yield two logins a day but for the absences, in order."""
        chance = self._random
        # Half of a person's codes come within `usual` seconds.
        usual, scatter = chance.uniform(4, 14), chance.uniform(0.2, 0.5)
        for day in range(chance.randint(0, _DELIVERED), self.days):
            if self.absent(day):
                continue
            for hour in (8.5, 14.0):
                delay = _SLOWEST + 1
                while delay > _SLOWEST:
                    delay = usual * math.exp(chance.gauss(0, scatter))
                seconds = min(max(chance.gauss(hour, 0.75), hour - 2.7), hour + 2.7) * 3600
                yield Login(START + day * DAY + int(seconds), delay, day)


def code(secret: bytes, step: int) -> str:
    """Return the code of a time step, 6 digits (RFC 4226 section 5.3), by the standard library's HMAC."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"
