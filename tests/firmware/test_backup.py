"""A backup on the token: all accounts, once, sealed; a page a number; ended by any change."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey
from tokencore import errors, messages, otpauth, seals
from tokencore.account import MAX_LABEL, MAX_SECRET, Account
from tokencore.frame import MAX_PAYLOAD
from tokenfw.backup import IDLE_MS

from provisioner.recipient import Recipient
from tests.firmware.hosts import DESK, Host, public
from tests.firmware.parts import SERIAL, Bench

RECOVERY = X25519PrivateKey.generate()
KEY = RECOVERY.public_key().public_bytes_raw()
ACCOUNTS = [
    Account(b"s" * 20, "anna", "ACME"),
    Account(b"t" * 32, "böb", kind="hotp", counter=2**64 - 2, algorithm="SHA256", digits=8),
    Account(os.urandom(MAX_SECRET), "ü" * (MAX_LABEL // 2), "%" * MAX_LABEL, "totp", "SHA512", 7, 3600,
            4_000_000_000, typing="enter"),
    Account(b"x", "x", typing="off"),
]  # fmt: skip


def owned(accounts=ACCOUNTS, **more) -> Host:
    bench = Bench(**more)
    bench.vault.set_owner(public(DESK))
    bench.vault.add_all(accounts)
    return Host(bench).connect()


@pytest.fixture
def host() -> Host:
    return owned()


def pages(host: Host, total: int) -> list[bytes]:
    return [host.ask("backup_page", index=index)["sealed"] for index in range(total)]


def opened(begun: dict, sealed: list[bytes]) -> list[str]:
    """What is in the pages, by someone else's HPKE."""
    suite = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)
    info = f"fobsmith backup 1 {begun['total']} {SERIAL}".encode()
    recipient = suite.create_recipient_context(
        begun["enc"], KEMKey.from_pyca_cryptography_key(RECOVERY), info
    )
    return [recipient.open(page).decode() for page in sealed]


def test_all_accounts_come_in_their_order_and_whole(host) -> None:
    begun = host.press("backup", key=KEY)
    assert begun["total"] == 4
    texts = opened(begun, pages(host, 4))
    assert [text.partition("\n")[0] for text in texts] == [otpauth.build(account) for account in ACCOUNTS]
    assert [text.partition("\n")[2] for text in texts] == ["", "", "typing=enter", "typing=off"]


def test_the_largest_account_fits_into_its_page(host) -> None:
    begun = host.press("backup", key=KEY)
    largest = pages(host, begun["total"])[2]
    field = messages.COMMANDS["backup_page"].response[0]
    assert len(largest) <= field.high < MAX_PAYLOAD - 64


def test_a_hundred_accounts() -> None:
    accounts = [Account(os.urandom(20), f"user{number}", "ACME") for number in range(100)]
    host = owned(accounts)
    begun = host.press("backup", key=KEY)
    assert opened(begun, pages(host, 100)) == [otpauth.build(account) for account in accounts]


def test_the_screen_says_how_many_and_for_which_key(host) -> None:
    host.give(host.sealed("backup", key=KEY))
    assert tuple(host.bench.app.question) == ("backup", "4", seals.fingerprint(KEY)[:9])


def test_without_a_press_no_page_comes(host) -> None:
    host.give(host.sealed("backup", key=KEY))
    host.bench.run(messages.CONFIRM_MS + 1000)
    (refused,) = host.heard()
    assert host.read(refused)[1] == errors.NotConfirmed.status
    for _ in range(2):
        with pytest.raises(errors.NotConfirmed):
            host.ask("backup_page", index=0)


def test_a_page_has_a_number_of_its_own_and_only_the_last_comes_again(host) -> None:
    begun = host.press("backup", key=KEY)
    first = host.ask("backup_page", index=0)["sealed"]
    assert host.ask("backup_page", index=0)["sealed"] == first
    second = host.ask("backup_page", index=1)["sealed"]
    for index in (0, 3, 4, 65535):
        with pytest.raises(errors.BadValue, match="once each"):
            host.ask("backup_page", index=index)
    assert host.ask("backup_page", index=1)["sealed"] == second
    rest = [host.ask("backup_page", index=index)["sealed"] for index in (2, 3)]
    with pytest.raises(errors.BadValue):
        host.ask("backup_page", index=4)
    assert len(opened(begun, [first, second, *rest])) == 4


@pytest.mark.parametrize(
    "change",
    [
        lambda host: host.ask("rename", issuer="ACME", name="anna", new_issuer="", new_name="bob"),
        lambda host: host.ask("move", issuer="ACME", name="anna", position=2),
        lambda host: host.ask("remove", issuer="ACME", name="anna"),
        lambda host: host.ask("set_typing", issuer="ACME", name="anna", typing="off"),
        lambda host: host.bench.vault.take_counter(1),
        lambda host: host.ask("add", **messages.account_fields(Account(b"y", "y"), True)),
    ],
    ids=["rename", "move", "remove", "typing", "counter", "add"],
)
def test_any_change_ends_it(host, change) -> None:
    host.press("backup", key=KEY)
    host.ask("backup_page", index=0)
    change(host)
    with pytest.raises(errors.Cancelled, match="anew"):
        host.ask("backup_page", index=1)
    with pytest.raises(errors.NotConfirmed):
        host.ask("backup_page", index=1)


def test_a_minute_of_silence_ends_it(host) -> None:
    host.press("backup", key=KEY)
    host.bench.run(IDLE_MS - 5000, step=100)
    host.ask("backup_page", index=0)
    host.bench.run(IDLE_MS + 100, step=100)
    with pytest.raises(errors.NotConfirmed):
        host.ask("backup_page", index=1)


def test_another_channel_gets_no_page_of_it(host) -> None:
    host.press("backup", key=KEY)
    host.ask("backup_page", index=0)
    again = Host(host.bench).connect()
    with pytest.raises(errors.NotConfirmed):
        again.ask("backup_page", index=1)


def test_only_the_owner_may_ask(host) -> None:
    host.press("backup", key=KEY)
    stranger = Host(host.bench, os.urandom(32)).connect()
    for name, values in (("backup", {"key": KEY}), ("backup_page", {"index": 0})):
        with pytest.raises(errors.NotOwner):
            stranger.ask(name, **values)


def test_a_token_without_accounts_has_nothing_to_back_up() -> None:
    host = owned([])
    with pytest.raises(errors.NoSuchAccount):
        host.ask("backup", key=KEY)


def test_a_locked_token_gives_nothing(host) -> None:
    host.press("backup", key=KEY)
    host.ask("set_pin", pin="1234")
    host.ask("lock")
    for name, values in (("backup_page", {"index": 0}), ("backup", {"key": KEY})):
        with pytest.raises((errors.Locked, errors.Cancelled, errors.NotConfirmed)):
            host.ask(name, **values)


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31)])
def test_a_key_of_small_order_gets_nothing(host, key) -> None:
    with pytest.raises(errors.BadValue):
        host.press("backup", key=key)
    with pytest.raises(errors.NotConfirmed):
        host.ask("backup_page", index=0)


def test_two_backups_of_the_same_accounts_share_nothing(host) -> None:
    first = host.press("backup", key=KEY)
    once = pages(host, 4)
    second = host.press("backup", key=KEY)
    assert first["enc"] != second["enc"]
    assert not set(once) & set(pages(host, 4))


def test_the_desks_recipient_opens_it_and_notices_a_page_left_out(host) -> None:
    begun = host.press("backup", key=KEY)
    sealed = pages(host, 4)
    private = RECOVERY.private_bytes_raw()
    recipient = Recipient(private, begun["enc"], seals.backup_info(SERIAL, 4))
    assert [recipient.open(b"", page) for page in sealed]
    for total, some in ((3, sealed[:3]), (4, [sealed[1]])):
        other = Recipient(private, begun["enc"], seals.backup_info(SERIAL, total))
        with pytest.raises(errors.ChannelFailed):
            [other.open(b"", page) for page in some]
