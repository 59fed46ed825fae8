"""The pages' plots: round ticks, every value in its place, well-formed and escaped."""

import random
import re
from datetime import UTC, datetime
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_verify.web.admin import plots
from host_verify.web.admin.axes import DAY, Scale, instants, round_values
from host_verify.web.admin.plots import CLOCK, ClockPoint, Count

from .parts import NOON

OFFSETS = st.floats(-1e6, 1e6, allow_subnormal=False)


def drawings(markup):
    """The pictures in the markup, by a parser that takes nothing that is not XML."""
    return list(ElementTree.fromstring(f"<all>{markup}</all>"))


def of_class(picture, name):
    return [each for each in picture.iter() if name in each.get("class", "").split()]


@given(OFFSETS, st.floats(1, 1e7), st.integers(2, 12))
def test_ticks_are_round_evenly_spaced_and_not_too_many(first, span, most):
    last = first + span
    ticks = round_values(first, last, most)
    assert len(ticks) <= most + 1
    steps = [after - before for before, after in pairwise(ticks)]
    for value in ticks:
        assert first - span * 1e-6 <= value <= last + span * 1e-6
    if steps:
        assert max(steps) - min(steps) <= max(steps) * 1e-6 + abs(first) * 1e-9
        assert f"{max(steps):.3e}"[:3] in ("1.0", "2.0", "5.0")


@given(st.integers(0, 4_000_000_000), st.integers(60, 40 * 366 * DAY), st.integers(2, 14))
def test_instants_are_where_the_calendar_begins_something(first, span, most):
    found = instants(first, first + span, most)
    assert len(found) <= most + 1
    assert [at for at, _ in found] == sorted({at for at, _ in found})
    for at, name in found:
        assert first <= at <= first + span
        moment = datetime.fromtimestamp(at, UTC)
        if re.fullmatch(r"\d\d:\d\d", name):
            assert name == moment.strftime("%H:%M")
        elif re.fullmatch(r"\d+ [A-Z][a-z]{2}", name):
            assert name == f"{moment.day} {moment:%b}"
        else:
            assert moment == moment.replace(day=1, hour=0, minute=0, second=0)
            assert name in (moment.strftime("%b"), moment.strftime("%b %Y"))


def test_a_scale_carries_its_ends_onto_its_ends():
    scale = Scale(10, 30, 100, 50)
    assert (scale(10), scale(20), scale(30)) == (100, 75, 50)


def test_each_code_is_a_dot_at_its_time_and_offset():
    points = [ClockPoint(NOON + DAY * day, day, day - 40, day + 40, day + 5) for day in range(0, 200, 20)]
    wide, narrow = drawings(plots.clock(points, "A label"))
    for picture, size in ((wide, CLOCK[0]), (narrow, CLOCK[1])):
        dots = of_class(picture, "seen")
        assert len(dots) == len(points)
        across = [float(dot.get("cx")) for dot in dots]
        up = [float(dot.get("cy")) for dot in dots]
        assert across == sorted(across)
        assert up == sorted(up, reverse=True)
        gaps = [after - before for before, after in pairwise(across)]
        assert max(gaps) - min(gaps) < 0.3
        assert all(0 <= x <= size.width and 0 <= y <= size.height for x, y in zip(across, up, strict=True))
        assert dots[1].find("title").text.endswith("+25 s")
        assert picture.get("aria-label") == "A label"


def test_the_window_lies_around_the_belief_and_the_servers_clock_is_a_line():
    points = [ClockPoint(NOON + DAY * day, 10, -20, 60) for day in range(5)]
    wide = drawings(plots.clock(points, ""))[0]
    band = [[float(n) for n in pair.split()] for pair in of_class(wide, "band")[0].get("d")[1:-1].split("L")]
    belief = [
        [float(n) for n in pair.split()] for pair in of_class(wide, "belief")[0].get("d")[1:].split("L")
    ]
    (zero,) = of_class(wide, "zero")
    assert min(y for _, y in band) < belief[0][1] < float(zero.get("y1")) < max(y for _, y in band)


def test_of_twenty_thousand_points_few_are_drawn_and_the_widest_window_stays():
    chance = random.Random(3)
    points = [
        ClockPoint(NOON + 1500 * index, 0, -30, 30 + (400 if index == 7_777 else 0), chance.uniform(-15, 15))
        for index in range(20_000)
    ]
    markup = plots.clock(points, "")
    assert len(markup) < 90_000
    wide = drawings(markup)[0]
    tops = [float(pair.split()[1]) for pair in of_class(wide, "band")[0].get("d")[1:-1].split("L")]
    assert min(tops) < 40 < sorted(tops)[3]


def test_bars_are_as_high_as_their_counts():
    values = [Count(NOON + 3600 * hour, hour % 5 * 10, f"hour {hour}") for hour in range(24)]
    for picture in drawings(plots.counts(values, 3600, "refused", "")):
        bars = of_class(picture, "refused")
        assert len(bars) == sum(each.value > 0 for each in values)
        heights = {bar.find("title").text.split(": ")[1]: float(bar.get("height")) for bar in bars}
        assert heights["40"] == pytest.approx(4 * heights["10"], abs=0.3)


def test_one_among_a_million_is_seen():
    values = [Count(NOON, 1, "a"), Count(NOON + 60, 1_000_000, "b")]
    picture = drawings(plots.counts(values, 60, "accepted", ""))[0]
    assert min(float(bar.get("height")) for bar in of_class(picture, "bar")) >= 1


def test_no_counts_at_all_are_a_plot_too():
    picture = drawings(plots.counts([Count(NOON, 0, "a")], 60, "accepted", ""))[0]
    assert of_class(picture, "bar") == []


def test_what_a_plot_is_told_is_escaped():
    values = [Count(NOON, 1, '"><script>')]
    markup = plots.counts(values, 60, "accepted", '"><b>&')
    assert "<script" not in markup
    assert "<b>" not in markup
    assert drawings(markup)[0].get("aria-label") == '"><b>&'
