"""Account limits, and otpauth URIs malformed in each field: named, and never repeated."""

from __future__ import annotations

import traceback
from urllib.parse import quote

import pyotp
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tokencore import base32, messages, otpauth
from tokencore.account import Account
from tokencore.errors import BadValue
from tokencore.otp import hotp, totp

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
URI = f"otpauth://totp/x?secret={SECRET}"
labels = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=16)


@st.composite
def accounts(
    draw: st.DrawFn, shortest: int = 1, longest_period: int = 3600, latest_t0: int = 2**32 - 1
) -> Account:
    kind = draw(st.sampled_from(("totp", "hotp")))
    timing = (
        {"period": draw(st.integers(1, longest_period)), "t0": draw(st.integers(0, latest_t0))}
        if kind == "totp"
        else {"counter": draw(st.integers(0, 2**64 - 1))}
    )
    return Account(
        draw(st.binary(min_size=shortest, max_size=128)),
        draw(labels.map(str.strip).filter(bool)),
        draw(labels.map(str.strip)),
        kind,
        draw(st.sampled_from(("SHA1", "SHA256", "SHA512"))),
        draw(st.integers(6, 8)),
        **timing,
    )


@given(accounts())
def test_a_uri_gives_its_account_back(account: Account) -> None:
    assert vars(otpauth.parse(otpauth.build(account))) == vars(account)


# pyotp refuses shorter secrets and longer periods, and knows no T0.
@given(accounts(shortest=14, longest_period=120, latest_t0=0))
def test_pyotp_reads_our_uris_alike(account: Account) -> None:
    assume(":" not in account.issuer)  # pyotp takes what follows the colon for the name
    uri = otpauth.build(account)
    if account.kind == "totp":
        assert pyotp.parse_uri(uri).generate_otp(7) == hotp(
            account.secret, 7, account.digits, account.algorithm
        )
    else:
        theirs = pyotp.parse_uri(uri)
        assert theirs.initial_count == account.counter
        assert theirs.digits == account.digits


@given(labels.filter(lambda text: text.strip() and ":" not in text), labels.filter(lambda t: ":" not in t))
def test_we_read_pyotps_uris_alike(name: str, issuer: str) -> None:
    theirs = pyotp.TOTP(SECRET, name=name.strip(), issuer=issuer.strip() or None)
    ours = otpauth.parse(theirs.provisioning_uri())
    assert (ours.name, ours.issuer) == (name.strip(), issuer.strip())
    assert totp(ours.secret, 59) == totp(base32.decode(SECRET), 59)


@pytest.mark.parametrize("text", [" x", "x ", " ", "  x  "])
def test_a_label_has_no_space_at_its_ends(text: str) -> None:
    for field in ("issuer", "name"):
        with pytest.raises(BadValue, match=f"^{field}: take the space") as caught:
            Account(b"canary", **{"name": "n", field: text})
        assert caught.value.field == field
    uri = f"otpauth://totp/{quote(f' ACME : {text}a ')}?secret={SECRET}&issuer=%20ACME%20"
    account = otpauth.parse(uri)
    assert (account.issuer, account.name) == ("ACME", (text + "a").strip())


def test_what_version_0_1_stored_with_spaces_can_still_be_read() -> None:
    account = Account(b"canary", "alice", "ACME")
    account.issuer, account.name = "ACME ", " alice"
    read = messages.decode_account(messages.encode_account(account))
    assert (read.issuer, read.name, read.secret) == ("ACME", "alice", b"canary")


MALFORMED = {
    "uri": ["", "http://example.com", "otpauth:/totp/x?secret=" + SECRET, SECRET],
    "type": ["otpauth://totp2/x?secret=" + SECRET, "otpauth:///x?secret=" + SECRET],
    "label": [
        f"otpauth://totp/%zz?secret={SECRET}",
        f"otpauth://totp/%F?secret={SECRET}",
        f"otpauth://totp/%ff?secret={SECRET}",
    ],
    "name": [
        f"otpauth://totp/?secret={SECRET}",
        f"otpauth://totp/ACME:?secret={SECRET}",
        f"otpauth://totp/{'n' * 65}?secret={SECRET}",
        f"otpauth://totp/a%00b?secret={SECRET}",
        f"otpauth://totp/a%1b%5b2Jb?secret={SECRET}",
    ],
    "issuer": [
        f"otpauth://totp/A:x?secret={SECRET}&issuer=B",
        f"otpauth://totp/x?secret={SECRET}&issuer={quote('é' * 33)}",
        f"otpauth://totp/x?secret={SECRET}&issuer=",
        f"otpauth://totp/x?secret={SECRET}&issuer=%ff",
    ],
    "secret": [
        "otpauth://totp/x",
        "otpauth://totp/x?secret=",
        "otpauth://totp/x?secret=GEZDGNBVGY3TQOJ1GEZDGNBV",
        "otpauth://totp/x?secret=GEZDGNBVGY3TQO",
        f"otpauth://totp/x?secret={SECRET}&secret={SECRET}",
        f"otpauth://totp/x?secret={SECRET * 20}",
    ],
    "algorithm": [f"otpauth://totp/x?secret={SECRET}&algorithm=MD5"],
    "digits": [f"{URI}&digits={value}" for value in ("5", "9", "+6", "six", "٦", "6" * 30)],
    "period": [f"{URI}&period={value}" for value in ("0", "3601", "-30", "30.0", "")],
    "t0": [f"otpauth://totp/x?secret={SECRET}&t0=4294967296"],
    "counter": [
        f"otpauth://hotp/x?secret={SECRET}",
        f"otpauth://hotp/x?secret={SECRET}&counter=18446744073709551616",
        f"otpauth://hotp/x?secret={SECRET}&counter=1e3",
    ],
    "parameter": [f"otpauth://totp/x?secret={SECRET}&digit=6", f"otpauth://totp/x?secret={SECRET}&%zz=6"],
}


@pytest.mark.parametrize(("field", "uri"), [(f, uri) for f, uris in MALFORMED.items() for uri in uris])
def test_a_malformed_uri_names_its_field_and_repeats_no_secret(field: str, uri: str) -> None:
    with pytest.raises(BadValue) as caught:
        otpauth.parse(uri)
    assert caught.value.field == field
    text = str(caught.value)
    assert SECRET[:8] not in text
    # Nor does a chained exception below it.
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    told = "".join(traceback.format_exception_only(caught.value))
    assert SECRET[:8] not in told


@pytest.mark.parametrize(
    ("issuer", "name"), [("", "host:8080"), ("", ":"), ("A:B", "n"), ("A", "A:n"), ("A:", ":"), ("A", "A")]
)
def test_a_colon_does_not_move_between_issuer_and_name(issuer: str, name: str) -> None:
    account = otpauth.parse(otpauth.build(Account(b"canary-canary", name, issuer)))
    assert (account.issuer, account.name) == (issuer, name)


def test_an_encoded_colon_ends_the_issuer_too() -> None:
    account = otpauth.parse(f"otpauth://totp/ACME%3A%20alice?secret={SECRET}")
    assert (account.issuer, account.name) == ("ACME", "alice")


def test_the_last_counter_has_20_digits() -> None:
    uri = f"otpauth://hotp/x?secret={SECRET}&counter="
    assert otpauth.parse(uri + str(2**64 - 1)).counter == 2**64 - 1
    with pytest.raises(BadValue, match="too large"):
        otpauth.parse(uri + "0" * 20 + "1")


@pytest.mark.parametrize("label", ["%", "%4", "a%z4", "a%4z", "a%4", "%+4", "%4%31"])
def test_a_percent_sign_needs_two_hexadecimal_digits(label: str) -> None:
    with pytest.raises(BadValue, match="label: a % is not followed"):
        otpauth.parse(f"otpauth://totp/{label}?secret={SECRET}")


def test_what_changes_no_code_is_passed_over() -> None:
    uri = f" otpauth://TOTP/A%20B:x+y?secret={SECRET.lower()}&issuer=A+B&image=i&algorithm=hmacsha1#f\n"
    with pytest.raises(BadValue, match="algorithm"):
        otpauth.parse(uri)
    account = otpauth.parse(uri.replace("hmacsha1", "sha-256"))
    assert (account.issuer, account.name, account.algorithm) == ("A B", "x+y", "SHA256")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("secret", b""),
        ("secret", bytes(129)),
        ("secret", "text"),
        ("name", ""),
        ("name", "n" * 65),
        ("name", "a\n"),
        ("name", b"x"),
        ("issuer", "\x9b"),
        ("issuer", "\ud800"),
        ("kind", "ocra"),
        ("kind", None),
        ("algorithm", "sha1"),
        ("algorithm", b"SHA1"),
        ("digits", 5),
        ("digits", 9),
        ("digits", True),
        ("digits", 6.0),
        ("period", 0),
        ("period", 3601),
        ("t0", -1),
        ("t0", 2**32),
        ("counter", -1),
        ("counter", 2**64),
        ("counter", None),
    ],
)
def test_a_value_out_of_its_limits_is_named(field: str, value: object) -> None:
    values = {"secret": b"canary-canary", "name": "alice"} | {field: value}
    with pytest.raises(BadValue) as caught:
        Account(**values)
    assert caught.value.field == field
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("secret", b"s"), ("secret", bytes(128)), ("name", "n" * 64), ("name", "😀" * 16)),
        *(("name", "\x21\x20\x7e\xa0"), ("issuer", ""), ("issuer", "é" * 32)),
        *(("digits", 6), ("digits", 8), ("period", 1), ("period", 3600)),
        *(("t0", 0), ("t0", 2**32 - 1), ("counter", 0), ("counter", 2**64 - 1)),
    ],
)
def test_a_value_at_its_limit_is_kept(field: str, value: object) -> None:
    account = Account(**{"secret": b"canary-canary", "name": "alice"} | {field: value})
    assert getattr(account, field) == value


def test_what_is_not_said_is_what_apps_take_it_for() -> None:
    assert vars(Account(b"secret", "alice")) == {
        **{"secret": b"secret", "name": "alice", "issuer": "", "kind": "totp", "algorithm": "SHA1"},
        **{"digits": 6, "period": 30, "t0": 0, "counter": 0, "typing": "code"},
    }
    account = otpauth.parse(f"otpauth://totp/alice?secret={SECRET}")
    assert vars(account) == vars(Account(base32.decode(SECRET), "alice"))


def test_a_refused_choice_names_the_possible_ones() -> None:
    with pytest.raises(BadValue, match=r"algorithm: use SHA1, SHA256 or SHA512$"):
        Account(b"secret", "alice", algorithm="MD5")


def test_a_repr_shows_no_secret() -> None:
    account = Account(b"canary-canary", "alice", "ACME")
    assert repr(account) == "<Account totp ACME alice>"
