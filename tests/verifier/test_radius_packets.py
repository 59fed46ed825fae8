"""RADIUS packets and the file of clients, byte for byte: what is read, what is answered, what is dropped."""

import hashlib
import hmac
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokencore.errors import BadValue

from host_verify.errors import VerifierError
from host_verify.radius import packets
from host_verify.radius.clients import parse, read
from host_verify.radius.packets import Drop, Dropped

from .radius import AUTHENTICATOR, CLIENTS, SHARED, by_hand


def test_requests_and_answers_are_these_bytes():
    data = by_hand()
    asked = packets.read(data, SHARED)
    assert (asked.user, asked.code) == ("anna", "755224")
    assert "755224" not in repr(asked)
    for accepted, kind in ((True, 2), (False, 3)):
        answer = asked.answer(accepted)
        # Identifier and code; length; response authenticator; Message-Authenticator and nothing else.
        assert answer[:4] == bytes((kind, 7, 0, 38))
        assert answer[20:22] == bytes((80, 18))
        unmarked = answer[:4] + AUTHENTICATOR + answer[20:22] + bytes(16)
        assert answer[22:] == hmac.digest(SHARED, unmarked, "md5")
        assert answer[4:20] == hashlib.md5(answer[:4] + AUTHENTICATOR + answer[20:] + SHARED).digest()


def test_a_proxys_state_comes_back_in_its_order_after_the_message_authenticator():
    states = b"".join(bytes((33, 4)) + value for value in (b"b1", b"a2"))
    answer = packets.read(by_hand(more=states), SHARED).answer(True)
    assert answer[20:22] == bytes((80, 18))
    assert answer[38:] == states


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", Drop.NO_PACKET),
        (by_hand()[:19], Drop.NO_PACKET),
        (by_hand()[:-1], Drop.NO_PACKET),
        (by_hand()[:2] + b"\0\x13" + by_hand()[4:], Drop.NO_PACKET),
        (by_hand() + bytes(4096), Drop.NO_PACKET),
        (by_hand(more=b"\x12\1"), Drop.NO_PACKET),
        (by_hand(more=b"\x12\0"), Drop.NO_PACKET),
        (by_hand()[:-18] + bytes((80, 200)) + by_hand()[-16:], Drop.NO_PACKET),
        (b"\4" + by_hand()[1:], Drop.OTHER_CODE),
        (b"\x0c" + by_hand()[1:], Drop.OTHER_CODE),
        (by_hand(more=bytes((80, 18)) + bytes(16)), Drop.NOT_AUTHENTICATED),
        (by_hand(authentic=False), Drop.BAD_AUTHENTICATOR),
        (by_hand(secret=b"another one, as long"), Drop.BAD_AUTHENTICATOR),
        (by_hand()[:22] + b"b" + by_hand()[23:], Drop.BAD_AUTHENTICATOR),
    ],
)
def test_what_is_no_authentic_request_is_dropped(data, why):
    with pytest.raises(Dropped) as caught:
        packets.read(data, SHARED)
    assert caught.value.why is why


def test_a_request_without_a_message_authenticator_is_dropped():
    data = by_hand()[:-18]
    with pytest.raises(Dropped) as caught:
        packets.read(data[:2] + len(data).to_bytes(2, "big") + data[4:], SHARED)
    assert caught.value.why is Drop.NOT_AUTHENTICATED


def test_padding_after_the_packet_is_ignored():
    assert packets.read(by_hand() + b"padding", SHARED).code == "755224"


@pytest.mark.parametrize("code", [b"755\xff224", b"\xff755224", b"755224\xc3", b"\xc3\xa9\xff"])
def test_bytes_that_are_no_text_are_not_left_out_of_a_code(code):
    asked = packets.read(by_hand(code=code), SHARED)
    assert asked.code == "\N{REPLACEMENT CHARACTER}"


@given(st.binary(max_size=300))
def test_whatever_comes_is_a_request_or_dropped(data):
    with pytest.raises(Dropped):
        packets.read(data, SHARED)


@given(st.integers(0, 10**6))
def test_a_packet_with_bytes_changed_is_dropped(seed):
    drawn = random.Random(seed)
    data = bytearray(by_hand(more=b"\x20\x05abc"))
    for _ in range(drawn.randrange(1, 4)):
        data[drawn.randrange(len(data))] ^= drawn.randrange(1, 256)
    if bytes(data) == by_hand(more=b"\x20\x05abc"):
        return
    with pytest.raises(Dropped):
        packets.read(bytes(data), SHARED)


@given(st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=60)), max_size=8), st.binary(max_size=16))
def test_an_authentic_packet_of_any_attributes_can_be_answered(attributes, code):
    more = b"".join(
        bytes((kind, len(value) + 2)) + value for kind, value in attributes if kind not in (80, 33)
    )
    asked = packets.read(by_hand(code=code, more=more), SHARED)
    assert asked.answer(False)[:2] == bytes((3, 7))


def test_the_narrowest_network_names_the_client():
    clients = parse(
        b'[[client]]\nname = "all"\naddress = "0.0.0.0/0"\nsecret = "sixteen bytes ..."\n'
        b'[[client]]\nname = "one"\naddress = "192.0.2.7"\nsecret = "sixteen bytes of"\n'
        b'[[client]]\nname = "six"\naddress = "2001:db8::/32"\nsecret = "sixteen bytes of"\n'
    )
    found = [
        clients.find(host) for host in ("192.0.2.7", "::ffff:192.0.2.7", "192.0.2.8", "2001:db8::1%eth0")
    ]
    assert [client.name for client in found] == ["one", "one", "all", "six"]
    assert clients.find("2001:db9::1") is None
    assert "sixteen" not in repr(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a table [[client]]"),
        ("x = 1\n" + CLIENTS, "a table [[client]]"),
        ("[[client]\n", "line 1"),
        (CLIENTS.replace("secret =", "secret"), "line 5"),
        (CLIENTS + CLIENTS, "two clients have the name here"),
        (CLIENTS + CLIENTS.replace('"here"', '"there"'), "two clients have the network 127.0.0.0/8"),
        (CLIENTS.replace('name = "here"', ""), "name, address and secret are needed"),
        (CLIENTS.replace('"here"', '""'), "client 1: name"),
        (CLIENTS.replace('"here"', "5"), "put them between quotes"),
        (CLIENTS.replace("127.0.0.0/8", "127.0.0.1/8"), "no address and no network"),
        (CLIENTS.replace(SHARED.decode(), "short"), "at least 16 bytes"),
    ],
)
def test_a_clients_file_that_cannot_be_is_refused_without_its_secrets(text, says):
    with pytest.raises(BadValue) as caught:
        parse(text.encode())
    assert says in str(caught.value)
    assert SHARED.decode() not in str(caught.value)


def test_a_clients_file_that_others_may_read_is_refused(tmp_path):
    file = tmp_path / "clients.toml"
    file.touch(0o640)
    file.write_text(CLIENTS)
    file.chmod(0o640)
    with pytest.raises(VerifierError, match="chmod 600"):
        read(file)
    file.chmod(0o600)
    assert len(read(file)) == 1
    with pytest.raises(VerifierError, match="cannot be read"):
        read(tmp_path / "none")
