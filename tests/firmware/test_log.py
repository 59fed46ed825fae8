"""The log against a dict, over restarts, at any place in a flash sector; and what it says of damage."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokencore.errors import StoreFailed
from tokenfw.log import MAX_IDS, Log, pages_for
from tokenfw.pages import MAX_BODY, PAGE

from tests.firmware.media import RamMedium

IDS = 9


def state(log: Log) -> dict[int, bytes | None]:
    return {id: log.read(id) for id in log.used()}


steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, IDS - 1), st.binary(max_size=MAX_BODY)),
        st.tuples(st.just("many"), st.integers(0, IDS - 1), st.integers(1, 130)),
        st.tuples(st.just("erase"), st.integers(0, IDS - 1)),
        st.tuples(st.just("clear")),
        st.tuples(st.just("restart")),
    ),
    max_size=20,
)


@given(steps, st.integers(0, 7))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_is_a_dict_of_the_last_bodies(operations: list[tuple], phase: int) -> None:
    medium = RamMedium(phase=phase * PAGE)
    log, model = Log(medium, IDS), {}
    medium.strangers = 0
    for operation, *arguments in operations:
        if operation == "write":
            log.write(*arguments)
            model[arguments[0]] = arguments[1]
        elif operation == "many":
            for number in range(arguments[1]):
                log.write(arguments[0], number.to_bytes(2, "big"))
            model[arguments[0]] = (arguments[1] - 1).to_bytes(2, "big")
        elif operation == "erase":
            log.erase(arguments[0])
            model.pop(arguments[0], None)
        elif operation == "clear":
            log.clear()
            model.clear()
        else:
            writes = medium.writes
            log = Log(medium, IDS)
            assert medium.writes == writes, "to open a whole store changes nothing"
        assert state(log) == model
    assert medium.strangers == 0, "the drive's other files are out of reach"


@pytest.mark.parametrize("ids", [1, 15, 108, 158, MAX_IDS])
def test_all_ids_fit_with_the_largest_bodies(ids: int) -> None:
    medium = RamMedium()
    log = Log(medium, ids)
    assert log.ids >= ids
    for turn in range(2):
        for id in range(ids):
            log.write(id, bytes([id, turn]) + bytes(MAX_BODY - 2))
    assert state(Log(medium, ids)) == {id: bytes([id, 1]) + bytes(MAX_BODY - 2) for id in range(ids)}
    for id, body in ((log.ids, b""), (-1, b""), (0, bytes(MAX_BODY + 1))):
        with pytest.raises(ValueError, match="no room"):
            log.write(id, body)


def test_no_commit_takes_long() -> None:
    """However the records in use lie, a commit writes at most six sectors."""
    medium = RamMedium(phase=3 * PAGE)
    log = Log(medium, 108)
    for id in range(108):
        log.write(id, b"all in a row")
    for number in range(2000):
        before = medium.writes
        log.write(number % 3, b"again and again")
        assert medium.writes - before <= 6


def test_what_is_erased_is_nowhere() -> None:
    medium = RamMedium()
    log = Log(medium, IDS)
    for number in range(60):
        log.write(number % IDS, b"kept" if number % IDS else b"a secret to be forgotten %d" % number)
    log.erase(0)
    assert b"forgotten" not in medium.data
    assert log.read(0) is None
    assert state(Log(medium, IDS)) == dict.fromkeys(range(1, IDS), b"kept")
    writes = medium.writes
    log.erase(0)
    assert medium.writes == writes, "there is nothing left to erase"


def test_what_is_cleared_is_nowhere() -> None:
    medium = RamMedium()
    log = Log(medium, IDS)
    for number in range(300):
        log.write(number % IDS, b"a secret")
    log.clear()
    assert not any(medium.data)
    assert log.used() == []


def test_a_store_made_for_another_number_is_taken_as_it_is() -> None:
    medium = RamMedium()
    Log(medium, 108).write(100, b"here")
    log = Log(medium, 15)
    assert log.ids >= 108
    assert log.read(100) == b"here"


def damaged(
    medium: RamMedium, page: int, mirrors: tuple[int, ...], first: int = 0, filler: bytes = b"\x5a"
) -> RamMedium:
    image = bytearray(medium.data)
    for mirror in mirrors:
        offset = (7 + mirror * pages_for(IDS) + page) * PAGE
        image[offset + first : offset + PAGE] = filler * (PAGE - first)
    return RamMedium(bytes(image))


@pytest.mark.parametrize("first", [0, 9])
@pytest.mark.parametrize("mirror", [0, 1])
def test_one_damaged_copy_is_never_missed(mirror: int, first: int) -> None:
    medium = RamMedium()
    log = Log(medium, IDS)
    for id in range(IDS):
        log.write(id, b"body %d" % id)
    for page in range(1, IDS + 1):
        again = Log(damaged(medium, page, (mirror,), first), IDS)
        assert state(again) == state(log)
        again.write(0, b"after it")
        assert again.read(0) == b"after it"


@pytest.mark.parametrize("mirror", [0, 1])
def test_a_copy_that_no_start_has_mended_is_read_from_the_other(mirror: int) -> None:
    """One that is damaged later, or that is not near the newest page."""
    medium = RamMedium()
    log = Log(medium, IDS)
    log.write(1, b"body")
    for number in range(60):
        log.write(0, b"%d" % number)
    held = next(page for page in range(log.pages.count) if log.held[page] == 1 and log.in_use(page))
    medium.data[:] = damaged(medium, held, (mirror,), 9).data
    assert log.read(1) == b"body"
    assert Log(medium, IDS).read(1) == b"body"
    for number in range(200):
        log.write(0, b"%d" % number)
    assert not log.in_use(held) and log.read(1) == b"body"


def test_a_damaged_record_is_said_and_leaves_the_others() -> None:
    medium = RamMedium()
    log = Log(medium, IDS)
    for number in range(2 * IDS):
        log.write(number % IDS, b"body %d" % number)
    damage = damaged(medium, IDS + 3, (0, 1), 9)
    log = Log(damage, IDS)
    with pytest.raises(StoreFailed, match="damaged"):
        log.read(2)
    for _ in range(300):
        log.write(0, b"round and round")
    assert log.read(2) == b"", "never the body before it"
    assert log.read(8) == b"body 17"
    assert Log(damage, IDS).read(2) == b""
    log.write(2, b"written anew")
    assert log.read(2) == b"written anew"


@pytest.mark.parametrize("filler", [b"\xff", b"\x5a"])
def test_the_newest_records_lost_in_both_mirrors_are_missed(filler: bytes) -> None:
    for lost in (1, 2, 30):
        medium = RamMedium()
        log = Log(medium, IDS)
        for number in range(150):
            log.write(number % IDS, b"body %d" % number)
        newest = log.head % pages_for(IDS)
        for page in range(newest - lost + 1, newest + 1):
            medium = damaged(medium, page, (0, 1), 0, filler)
        with pytest.raises(StoreFailed, match="newest"):
            Log(medium, IDS)


def test_a_store_that_cannot_be_one_is_refused_and_left_alone() -> None:
    medium = RamMedium()
    log = Log(medium, IDS)
    for number in range(300):
        log.write(number % IDS, b"body")
    image = bytes(medium.data)
    for data in (image[: len(image) // 2], image[:-PAGE], image[:-1], image[7:], b"\x5a" * len(image)):
        wrong = RamMedium(data)
        with pytest.raises(StoreFailed, match="damaged"):
            Log(wrong, IDS)
        assert wrong.data == data


def test_a_refused_write_is_an_error_and_changes_nothing() -> None:
    medium = RamMedium()
    log = Log(medium, IDS)
    log.write(1, b"old")
    medium.error = OSError(30, "read-only")
    for operation in (lambda: log.write(1, b"new"), lambda: log.erase(1), log.clear):
        with pytest.raises(StoreFailed, match="refused a write"):
            operation()
    assert log.read(1) == b"old"
    assert state(Log(medium, IDS)) == {1: b"old"}
