"""What is believed of a token's clock: its offset and its rate, learned from accepted codes.

An accepted code tells the token's time to within one step, and a little late, for it is read and
typed. So a code's offset is a measurement with noise, and a crystal's clock runs at a nearly constant
rate: a Kalman filter of two states (offset, rate) joins the measurements, each with its weight. The
estimate is then moved into the interval that the last code allows, and no further: the clock it came
from is within one step of the estimate, whatever the filter believed before.
"""

from dataclasses import dataclass, replace
from math import sqrt

_TYPING = 5.0  # s, standard deviation of the time between reading a code and its arrival
_RATE_SPREAD = 50e-6  # s/s, standard deviation of unknown tokens' rates
_RATE_WANDER = (3e-6) ** 2 / (30 * 86400)  # (s/s)^2 per s: temperature and ageing, 3 ppm in a month
_SURPRISE = 4.0  # standard deviations beyond which a clock was set, not drifting


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

    def spread(self, utc: int) -> float:
        """Return the standard deviation of the offset at `utc`, in seconds: it grows with silence."""
        return sqrt(max(0.0, _carried_to(utc, self).offset_variance))


def learn(known: Drift | None, utc: int, low: float, period: int, max_offset: int, max_rate: int) -> Drift:
    """Return the belief after a code accepted at `utc` showed an offset of `low` to `low + period` s.

    `max_offset` (s) and `max_rate` (ppm) bound the result.
    """
    noise = period * period / 12 + _TYPING**2
    measured = low + period / 2
    prior = _carried_to(utc, known or Drift(utc, 0.0, 0.0, float(period * period), 0.0, _RATE_SPREAD**2))
    innovation = measured - prior.offset
    spread = prior.offset_variance + noise
    if abs(innovation) > max(2 * period, _SURPRISE * sqrt(spread)):
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
    offset = min(max(after.offset, low), low + period)
    fastest = max_rate * 1e-6
    return replace(
        after,
        offset=min(max(offset, -float(max_offset)), float(max_offset)),
        rate=min(max(after.rate, -fastest), fastest),
    )


def _carried_to(utc: int, drift: Drift) -> Drift:
    # A server's clock may have been set back since: then nothing is known to have changed.
    elapsed = max(0, utc - drift.at)
    wander = _RATE_WANDER * elapsed
    return Drift(
        utc,
        drift.offset + drift.rate * elapsed,
        drift.rate,
        drift.offset_variance
        + 2 * elapsed * drift.covariance
        + elapsed * elapsed * (drift.rate_variance + wander / 3),
        drift.covariance + elapsed * (drift.rate_variance + wander / 2),
        drift.rate_variance + wander,
    )
