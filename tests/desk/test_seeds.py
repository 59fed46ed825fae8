"""What a user may give as a seed, what is refused, and that no refusal repeats it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokencore import base32, otpauth
from tokencore.account import Account

from provisioner.faults import BadInput
from provisioner.seeds import MAX_TEXT, Options, account, looks_secret, renamed

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
URI = f"otpauth://totp/Example:alice?secret={SECRET}&issuer=Example"

labels = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=16).filter(
    lambda text: text == text.strip() and ":" not in text and len(text.encode()) <= 64
)
accounts = st.builds(
    Account,
    secret=st.binary(min_size=1, max_size=128),
    name=labels,
    issuer=labels,
    algorithm=st.sampled_from(["SHA1", "SHA256", "SHA512"]),
    digits=st.integers(6, 8),
)


@given(accounts, st.sampled_from(["{}", "{}\n", "\ufeff{}\r\n", "  {}  "]))
def test_a_uri_gives_the_account_back_however_the_file_ends(wanted: Account, file: str) -> None:
    found = account(file.format(otpauth.build(wanted)).encode(), Options())
    assert vars(found) == vars(wanted)


@given(accounts)
def test_base32_with_options_is_the_same_account_as_its_uri(wanted: Account) -> None:
    options = Options(
        issuer=wanted.issuer, name=wanted.name, algorithm=wanted.algorithm, digits=wanted.digits
    )
    assert vars(account(base32.encode(wanted.secret).encode(), options)) == vars(wanted)


def test_every_option_reaches_the_account() -> None:
    totp = account(SECRET.encode(), Options("I", "n", "totp", "SHA512", 8, 60, 1000))
    assert vars(totp) == vars(Account(base32.decode(SECRET), "n", "I", "totp", "SHA512", 8, 60, 1000))
    hotp = account(SECRET.encode(), Options(name="n", kind="hotp", counter=2**64 - 1))
    assert (hotp.kind, hotp.counter) == ("hotp", 2**64 - 1)


def test_a_secret_in_groups_and_lines_is_one_secret() -> None:
    grouped = b"jbsw y3dp ehpk 3pxp\njbsw y3dp ehpk 3pxp\n"
    assert account(grouped, Options(name="n")).secret == base32.decode(SECRET)


def test_issuer_and_name_take_the_place_of_the_uris() -> None:
    found = account(URI.encode(), Options(issuer="Other", name="bob"))
    assert (found.issuer, found.name, found.secret) == ("Other", "bob", base32.decode(SECRET))


@pytest.mark.parametrize(
    "option", [{"digits": 8}, {"kind": "hotp"}, {"period": 60}, {"counter": 0}, {"t0": 0}]
)
def test_other_options_do_not_go_with_a_uri(option) -> None:
    with pytest.raises(BadInput, match=f"--{next(iter(option))}"):
        account(URI.encode(), Options(**option))


BAD = [
    ("empty", b"", "empty"),
    ("blank", b" \n\t ", "empty"),
    ("not text", b"\xff\xfe" + SECRET.encode(), "UTF-8"),
    ("too long", SECRET.encode() * (MAX_TEXT // len(SECRET) + 1), "more than"),
    ("200 bytes", base32.encode(bytes(200)).encode(), "200 bytes"),
    ("digit 1", SECRET.encode()[:-1] + b"1", "character 32"),
    ("a character short", SECRET.encode()[:-2] + b"", "characters"),
    ("padding in the middle", SECRET.encode() + b"=" + SECRET.encode(), "padding"),
    ("two URIs", URI.encode() + b"\n" + URI.encode(), "several"),
    ("a broken line", URI.encode().replace(b"&issuer", b"\n&issuer"), "line break"),
    ("a space", URI.encode().replace(b"alice", b"alice smith"), "space"),
    ("another scheme", b"otpauth-migration://offline?data=JBSWY3", "otpauth://"),
    ("type", URI.encode().replace(b"totp", b"motp"), "type"),
    ("no secret", b"otpauth://totp/Example:alice?issuer=Example", "secret"),
    ("no name", URI.encode().replace(b"alice", b""), "name"),
    ("two issuers", URI.encode() + b"x", "issuer"),
    ("digits 5", URI.encode() + b"&digits=5", "digits"),
    ("digits 9", URI.encode() + b"&digits=9", "digits"),
    ("period 0", URI.encode() + b"&period=0", "period"),
    ("algorithm", URI.encode() + b"&algorithm=MD5", "algorithm"),
    ("counter missing", URI.encode().replace(b"totp", b"hotp"), "counter"),
    (
        "counter too large",
        URI.encode().replace(b"totp", b"hotp") + b"&counter=18446744073709551616",
        "counter",
    ),
    ("name too long", URI.encode().replace(b"alice", b"a" * 65), "name"),
    ("name not UTF-8", URI.encode().replace(b"alice", b"%ff"), "label"),
    ("unknown parameter", URI.encode() + b"&pin=1", "parameter"),
]


@pytest.mark.parametrize(("data", "named"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_seed_is_refused_by_its_field_and_not_repeated(data: bytes, named: str) -> None:
    with pytest.raises(BadInput, match=named) as caught:
        account(data, Options(name=None if b"://" in data else "n"))
    shown = repr(caught.value) + str(caught.value) + caught.value.advice
    assert "JBSWY3" not in shown.upper()
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (Options(), "--name"),
        (Options(name=""), "name"),
        (Options(name="x" * 65), "name"),
        (Options(name="tab\t"), "name"),
        (Options(name="n", digits=5), "digits"),
        (Options(name="n", digits=9), "digits"),
        (Options(name="n", period=0), "period"),
        (Options(name="n", period=3601), "period"),
        (Options(name="n", t0=-1), "t0"),
        (Options(name="n", kind="hotp", counter=2**64), "counter"),
        (Options(name="n", counter=1), "--counter"),
        (Options(name="n", kind="hotp", period=30), "--period"),
        (Options(name="n", kind="hotp", t0=0), "--t0"),
    ],
)
def test_options_out_of_their_limits_are_named(options: Options, named: str) -> None:
    with pytest.raises(BadInput, match=named):
        account(SECRET.encode(), options)


@pytest.mark.parametrize(
    ("new", "result"),
    [
        ("bob", ("Old", "bob")),
        ("New:bob", ("New", "bob")),
        (":bob", ("", "bob")),
        ("New:b:c", ("New", "b:c")),
        ("界:界", ("界", "界")),
    ],
)
def test_renamed(new: str, result: tuple[str, str]) -> None:
    assert renamed("Old", new) == result


@pytest.mark.parametrize("new", ["", "New:", "x" * 65, "x" * 65 + ":y", "a\x1b[31m", "\ud800"])
def test_a_bad_new_name_is_refused(new: str) -> None:
    with pytest.raises(BadInput):
        renamed("Old", new)


@pytest.mark.parametrize(
    "text",
    [
        URI,
        URI.upper(),
        SECRET,
        SECRET.lower(),
        "jbsw y3dp ehpk 3pxp",
        "JBSWY3DP======",
        "3132333435363738",
        "x?secret=A",
    ],
)
def test_what_looks_like_a_secret(text: str) -> None:
    assert looks_secret(text)


@pytest.mark.parametrize("text", ["seed.txt", "-", "alice", "/home/me/seed", "seed-01.uri", ""])
def test_what_does_not_look_like_a_secret(text: str) -> None:
    assert not looks_secret(text)
