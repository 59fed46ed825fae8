"""Every row of the message table, at its limits and beyond, and the bytes of each version as they were."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokencore import cbor, errors, messages, statuses
from tokencore.account import TYPINGS, Account
from tokencore.messages import COMMANDS, Field

GOLDEN = Path(__file__).parents[1] / "golden/messages.json"
EXAMPLES = json.loads(GOLDEN.read_text())


def values_of(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    required = {field.name: value_of(field) for field in fields if not field.optional}
    optional = {field.name: value_of(field) for field in fields if field.optional}
    return st.fixed_dictionaries(required, optional=optional)


def value_of(field: Field) -> st.SearchStrategy[Any]:
    if isinstance(field.kind, tuple):
        if isinstance(field.kind[0], str):
            return st.sampled_from(field.kind)
        return st.lists(values_of(field.kind), max_size=2)
    if field.kind == "int":
        return st.integers(field.low, field.high) | st.sampled_from([field.low, field.high])
    if field.kind == "bytes":
        return st.binary(min_size=field.low, max_size=field.high)
    if field.kind == "bool":
        return st.booleans()
    return st.text(max_size=field.high).filter(lambda text: len(text.encode()) <= field.high)


@pytest.mark.parametrize("command", list(COMMANDS), ids=lambda command: command.name)
@given(data=st.data())
def test_what_goes_in_comes_out(command: messages.Command, data: st.DataObject) -> None:
    sequence = data.draw(st.integers(0, messages.MAX_SEQUENCE))
    request = data.draw(values_of(command.request))
    got_sequence, got_command, packed = messages.decode_request(
        messages.encode_request(sequence, command, request)
    )
    assert (got_sequence, got_command) == (sequence, command)
    assert messages.unpack(command.request, packed, True) == request
    response = data.draw(values_of(command.response))
    got = messages.decode_response(messages.encode_response(sequence, command, response))
    assert got[:2] == (sequence, messages.OK)
    assert messages.unpack(command.response, got[2], False) == response


LIMITED = [
    (command, field)
    for command in COMMANDS
    for field in command.request
    if field.kind in ("int", "bytes", "text")
]


@pytest.mark.parametrize(("command", "field"), LIMITED, ids=lambda row: row.name)
def test_a_value_beyond_its_limit_is_refused_with_its_name(command: messages.Command, field: Field) -> None:
    filler = {"bytes": b"x", "text": "x"}.get(str(field.kind))
    beyond: list[Any] = [] if field.optional else [None]
    if filler is None:
        beyond += [field.low - 1, field.high + 1, True, "1"]
    else:
        beyond += [filler * (field.high + 1), 1, filler * (field.low - 1) if field.low else []]
    for value in beyond:
        with pytest.raises(errors.BadValue) as caught:
            messages.unpack((field,), {} if value is None else {field.number: value}, True)
        assert caught.value.field == field.name


@pytest.mark.parametrize("value", [0, 1, "true", b"", []])
def test_a_yes_or_no_is_nothing_else(value: object) -> None:
    with pytest.raises(errors.BadValue, match="present"):
        messages.unpack(COMMANDS["set_sync_key"].request, {1: bytes(32), 2: value}, True)


def test_a_row_is_found_by_its_number_and_its_name() -> None:
    for command in COMMANDS:
        assert COMMANDS[command.name] == COMMANDS[command.number] == COMMANDS.get(command.name) == command
        assert command.who in (messages.PLAIN, messages.ANYBODY, messages.CLOCK, messages.OWNER)
    for missing in ("hell", "hello ", 0, 99, ""):
        assert COMMANDS.get(missing) is None
        with pytest.raises(KeyError):
            COMMANDS[missing]


def test_no_two_rows_or_fields_share_a_number_or_a_name() -> None:
    rows = list(COMMANDS)
    for items in (rows, *(fields for row in rows for fields in (row.request, row.response))):
        assert len({item.number for item in items}) == len({item.name for item in items}) == len(items)


def test_only_a_greeting_and_the_handshake_go_outside_the_channel() -> None:
    assert [row.name for row in COMMANDS if row.who == messages.PLAIN] == [
        *("hello", "info", "open", "finish", "resume")
    ]


def test_text_that_has_no_utf_8_is_refused_with_its_name() -> None:
    with pytest.raises(errors.BadValue) as caught:
        messages.encode_request(1, messages.COMMANDS["remove"], {"issuer": "", "name": "canary\udcff"})
    assert caught.value.field == "name"
    assert caught.value.__suppress_context__
    assert "canary" not in str(caught.value)


def test_an_unknown_field_is_refused_in_a_request_and_passed_over_in_a_response() -> None:
    fields = messages.COMMANDS["cancel"].request
    with pytest.raises(errors.BadMessage):
        messages.unpack(fields, {99: 1}, True)
    assert messages.unpack(fields, {99: 1}, False) == {}
    with pytest.raises(errors.BadValue, match="no such field"):
        messages.pack(fields, {"wrong": 1})


@pytest.mark.parametrize(
    "value", [[], [1, 2], [1, 2, {}, 4], {}, 7, "x", [-1, 2, {}], [1 << 32, 2, {}], [True, 2, {}]]
)
def test_a_message_is_an_array_of_three(value: object) -> None:
    with pytest.raises(errors.BadMessage):
        messages.decode_request(cbor.encode(value))


def test_an_unknown_command_keeps_its_sequence_number() -> None:
    assert messages.decode_request(cbor.encode([5, 200, {}])) == (5, None, {})


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_a_bad_message(data: bytes) -> None:
    for decode in (messages.decode_request, messages.decode_response):
        with contextlib.suppress(errors.BadMessage):
            decode(data)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"]) if "hex" in value else {k: plain(v) for k, v in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_the_bytes_stay_as_they_are(example: dict[str, Any]) -> None:
    payload = bytes.fromhex(example["hex"])
    values = plain(example["values"])
    command = messages.COMMANDS[example["command"]]
    encode, fields = {
        "request": (messages.encode_request, command.request),
        "response": (messages.encode_response, command.response),
    }[example["kind"]]
    assert encode(example["sequence"], command, values).hex() == payload.hex()
    assert messages.unpack(fields, cbor.decode(payload)[2], True) == values


def test_there_is_an_example_of_every_message() -> None:
    found = {(example["command"], example["kind"]) for example in EXAMPLES}
    assert found == {(command.name, kind) for command in COMMANDS for kind in ("request", "response")}


@pytest.mark.parametrize("typing", TYPINGS)
def test_an_account_survives_the_vaults_form(typing: str) -> None:
    account = Account(bytes(range(128)), "n" * 64, "é" * 32, "hotp", "SHA512", 8, 3600, 0, 2**64 - 1, typing)
    assert vars(messages.decode_account(messages.encode_account(account))) == vars(account)


def test_the_vaults_form_of_version_0_1_stays_as_it_is() -> None:
    account = Account(b"secret", "alice", "ACME", "totp", "SHA256", 8, 60)
    stored = "a9016441434d450265616c69636503000401050806183c070008000946736563726574"
    assert messages.encode_account(account).hex() == stored
    account.typing = "enter"
    assert messages.encode_account(account).hex() == "aa" + stored[2:] + "0a02"
    assert messages.decode_account(bytes.fromhex(stored)).typing == "code"


@pytest.mark.parametrize("status", [*statuses.BY_STATUS, 15, 99, 4_000_000_000])
def test_an_error_keeps_its_status_over_the_wire(status: int) -> None:
    error = statuses.from_status(status, "what to do next")
    assert error.status == status
    assert str(error) == "what to do next"
    assert type(error) is statuses.BY_STATUS.get(status, errors.FobError)


def test_the_statuses_stay_as_they_are() -> None:
    assert {status: error.__name__ for status, error in statuses.BY_STATUS.items()} == {
        **{2: "BadMessage", 3: "UnknownCommand", 4: "BadValue", 5: "OutOfOrder", 6: "AccountExists"},
        **{7: "NoSuchAccount", 8: "StoreFull", 9: "ClockNotSet", 10: "NotConfirmed", 11: "Cancelled"},
        **{12: "StoreFailed", 13: "ClockFailed", 14: "CounterExhausted", 16: "NeedsChannel"},
        **{17: "ChannelFailed", 18: "NotOwner", 19: "HasOwner", 20: "Locked", 21: "WrongPin", 22: "PinWait"},
    }
    assert (messages.OK, messages.PRESS_AWAITED, errors.FobError.status) == (0, 1, 15)
    assert messages.encode_status(2**32 - 1, 9, "set it").hex() == "831affffffff09a10066736574206974"
    assert messages.PROTOCOL == 2


def test_a_sequence_number_has_32_bits() -> None:
    for decode in (messages.decode_request, messages.decode_response):
        assert decode(cbor.encode([2**32 - 1, 12, {}]))[0] == 2**32 - 1
        with pytest.raises(errors.BadMessage):
            decode(cbor.encode([2**32, 12, {}]))


def test_every_error_has_a_status_of_its_own() -> None:
    def family(error: type) -> list[type]:
        return [error, *[kind for child in error.__subclasses__() for kind in family(child)]]

    kinds = [kind for kind in family(errors.FobError) if kind.__module__ == "tokencore.errors"]
    assert len({kind.status for kind in kinds}) == len(kinds) == len(statuses.BY_STATUS) + 1
