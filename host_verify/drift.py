"""What is believed of a token's clock: its offset and its rate, learned from accepted codes.

An accepted code tells the token's time to within one step, and a little late, for it is read and
typed. So a code's offset is a measurement with noise, and a crystal's clock runs at a nearly constant
rate: a Kalman filter of two states (offset, rate) joins the measurements, each with its weight. The
estimate is then moved into the interval that the last code allows, and no further: the clock it came
from is that close to the estimate, whatever the filter believed before.
"""

from dataclasses import dataclass, replace
from math import sqrt

READING = 8.0  # s, usual time between reading a code and its arrival
_SLOW_READING = 15.0  # s more than the period by which a code may be late and still be believed
_TYPING = 5.0  # s, standard deviation of that time
_OFFSET_SPREAD = 30.0  # s, standard deviation of unknown tokens' offsets
_RATE_SPREAD = 50e-6  # s/s, standard deviation of unknown tokens' rates
_RATE_WANDER = (3e-6) ** 2 / (30 * 86400)  # (s/s)^2 per s: temperature and ageing, 3 ppm in a month
_SURPRISE = 4.0  # standard deviations beyond which a clock was set, not drifting
_SURPRISE_OF_TWO = 2.0  # the same where two codes agree on it


@dataclass(frozen=True, slots=True)
class Drift:
    """The belief at UTC second `at`: the token's clock is `offset` s ahead and gains `rate` s/s.

    `offset_variance` (s^2), `covariance` (s) and `rate_variance` say how sure that is.
    """

    at: int
    offset: float
    rate: float
    offset_variance: float
    covariance: float
    rate_variance: float

    def standing(self, utc: int) -> tuple[float, float]:
        """Return the offset expected at `utc` and its standard deviation, which grows with silence; in s."""
        # A server's clock may have been set back since: then nothing is known to have changed.
        elapsed = max(0, utc - self.at)
        variance = self.offset_variance + elapsed * (
            2 * self.covariance + elapsed * (self.rate_variance + _RATE_WANDER / 3 * elapsed)
        )
        return self.offset + self.rate * elapsed, sqrt(max(0.0, variance))

    def spread(self, utc: int) -> float:
        """Return the standard deviation of the offset at `utc`, in seconds."""
        return self.standing(utc)[1]


def shown(low: float, period: int) -> tuple[float, float]:
    """Return between which offsets, in s, a clock is whose code counts as one of `low` to `low + period` s.

    The code may have been read a while before it came, so its clock may be further ahead.
    """
    return low, low + period + _SLOW_READING


def learn(
    known: Drift | None,
    utc: int,
    low: float,
    period: int,
    max_offset: int,
    max_rate: int,
    of_two: bool = False,
) -> Drift:
    """Return the belief after a code accepted at `utc` showed an offset of `low` to `low + period` s.

    That is the offset if the code was read when it came. `max_offset` (s) and `max_rate` (ppm) bound the
    result. `of_two` says that the code before agreed: where such a clock is not where it should be, it
    was set.
    """
    noise = period * period / 12 + _TYPING**2
    measured = low + period / 2 + READING
    prior = _carried_to(utc, known or Drift(utc, 0.0, 0.0, _OFFSET_SPREAD**2, 0.0, _RATE_SPREAD**2))
    innovation = measured - prior.offset
    spread = prior.offset_variance + noise
    if abs(innovation) > (_SURPRISE_OF_TWO if of_two else _SURPRISE) * sqrt(spread):
        # The clock was set. Its crystal is the same, so its rate is still what it was.
        after = replace(prior, offset=measured, offset_variance=noise, covariance=0.0)
    else:
        gain, rate_gain = prior.offset_variance / spread, prior.covariance / spread
        after = Drift(
            utc,
            prior.offset + gain * innovation,
            prior.rate + rate_gain * innovation,
            (1 - gain) * prior.offset_variance,
            (1 - gain) * prior.covariance,
            max(0.0, prior.rate_variance - rate_gain * prior.covariance),
        )
    least, most = shown(low, period)
    offset = min(max(after.offset, least), most)
    fastest = max_rate * 1e-6
    return replace(
        after,
        offset=min(max(offset, -float(max_offset)), float(max_offset)),
        rate=min(max(after.rate, -fastest), fastest),
    )


def _carried_to(utc: int, drift: Drift) -> Drift:
    elapsed = max(0, utc - drift.at)
    offset, spread = drift.standing(utc)
    wander = _RATE_WANDER * elapsed
    return Drift(
        utc,
        offset,
        drift.rate,
        spread * spread,
        drift.covariance + elapsed * (drift.rate_variance + wander / 2),
        drift.rate_variance + wander,
    )
