"""Tables, lists of URIs, Aegis vaults and Google's export in; wrong encodings, cut and hostile files."""

import hashlib
import json
from base64 import b32encode, b64encode
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from tokencore import otpauth
from tokencore.account import Account

from host_verify import seeds
from host_verify.enrolments import parsed
from host_verify.errors import NotDone
from host_verify.seeds import Assumed, aegis, google

from .importing import Command
from .parts import NOON, account, code_at

HEX = "3132333435363738393031323334353637383930"
BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
TOTP = Assumed(kind="totp")


class NoSecret:
    """For files that are not encrypted: nothing may be asked for."""


def read(content, assumed=TOTP, secret=None):
    data = content.encode() if isinstance(content, str) else content
    return seeds.read(data, parsed(data) if data[:1] == b"{" else None, secret or NoSecret(), assumed)


def only(content, assumed=TOTP):
    kind, (seed,), problems = read(content, assumed)
    assert problems == []
    return kind, seed


def shape(seed):
    a = seed.account
    return a.kind, a.digits, a.period if a.kind == "totp" else a.counter, seed.serial, seed.user, a.name


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        # OATH: serial number, secret, kind, digits, time step or counter.
        (f"S1, {HEX}, totp, 8, 60\n", ("totp", 8, 60, "S1", "", "S1")),
        (f"# made 2026\n\nS1,{HEX},HOTP,6,12", ("hotp", 6, 12, "S1", "", "S1")),
        (f"S1,{HEX}", ("totp", 6, 30, "S1", "", "S1")),
        # Feitian's: tabs, semicolons or spaces.
        (f"1000000001\t{HEX}\r\n", ("totp", 6, 30, "1000000001", "", "1000000001")),
        (f"1000000001;{HEX};totp;6;60", ("totp", 6, 60, "1000000001", "", "1000000001")),
        (f"1000000001   {HEX}", ("totp", 6, 30, "1000000001", "", "1000000001")),
        # Token2's and others' for Entra ID.
        (
            "upn,serial number,secret key,time interval,manufacturer,model\n"
            f"anna@example.com,8659,{BASE32},30,Token2,c202\n",
            ("totp", 6, 30, "8659", "anna@example.com", "anna@example.com"),
        ),
        (
            f'Username;SerialNumber;Seed;OTP Length;Type\n"bob, junior";7;{HEX};8;HOTP\n',
            ("hotp", 8, 0, "7", "bob, junior", "bob, junior"),
        ),
        # Yubico's two forms.
        (
            "LOGGING START,11.12.2013 18:55\n"
            f"OATH-HOTP,11.12.13 18:55,1,cccccccccccc,,{HEX},,,0,0,0,0,8,0,0,0,0,0\n",
            ("hotp", 8, 0, "cccccccccccc slot 1", "", "cccccccccccc slot 1"),
        ),
        (f"508326,,0,{HEX},,2013-12-12T08:41:07,\n", ("hotp", 6, 0, "508326", "", "508326")),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_of_many_makers(table, expected, encoding):
    kind, seed = only(table.encode(encoding))
    assert (kind, shape(seed)) == ("CSV", expected)
    assert seed.account.secret == b"12345678901234567890"


def test_what_the_table_does_not_say_is_asked_for_or_assumed():
    (problem,) = read(f"S1,{HEX}", Assumed())[2]
    assert (problem.place, problem.why.count("--kind")) == ("line 1", 1)
    seed = only(f"S1,{HEX}", Assumed("totp", "SHA256", 8, 60))[1]
    assert (seed.account.algorithm, shape(seed)[:3]) == ("SHA256", ("totp", 8, 60))
    with pytest.raises(NotDone, match="--encoding"):
        read("S1,22223333444455556666777722223333")
    assert (
        only("S1,22223333444455556666777722223333", Assumed("totp", encoding="hex"))[1].account.secret[0]
        == 0x22
    )


@pytest.mark.parametrize(
    ("table", "place", "said"),
    [
        (f"S1,{HEX}\nS2,{HEX}x", "line 2", "secret: it is not hexadecimal"),
        (f"S0,{HEX}\nS1,,totp", "line 2", "secret: it is missing"),
        (f"S1,{HEX},ocra", "line 1", "hotp and totp"),
        (f"S1,{HEX},totp,5", "line 1", "digits"),
        (f"S1,{HEX},totp,six", "line 1", "digits: a whole number"),
        (f"S1,{HEX},totp,6,0", "line 1", "period"),
        (f"S1,{HEX},totp,6,99999999999999999999999", "line 1", "whole number"),
        (f",{HEX}", "line 1", "neither a serial number"),
        (f"Yubico OTP,1,1,vv,ab,{HEX},,,0\n", "line 1", "only OATH-HOTP"),
        ("secret,serial,algorithm\n" + f"{HEX},S1,MD5", "line 2", "algorithm"),
    ],
)
def test_lines_that_are_no_token_are_named(table, place, said):
    problem = read(table)[2][0]
    assert problem.place == place
    assert said in problem.why
    assert HEX not in problem.why


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "nothing in it"),
        (b"\n\n  \n", "nothing in it"),
        (b"# nothing\n", "nothing in it"),
        (f"S1,{HEX}\nS\xe9,".encode("latin-1"), "line 2 is not text in UTF-8"),
        (b"\xff\xfeS", "not text in UTF-8"),
        (b"PK\x03\x04\0\0\0", "is not text"),
        (b"serial,user\n1,2\n", "call that column secret"),
        (b'S1,"' + HEX.encode(), "quotation mark"),
        (b"S1," + b"A" * 5000, "too long"),
        (b'{"a": 1}', "neither an Aegis vault nor a sealed enrolment"),
        (b"[" * 100_000, "too long"),
    ],
)
def test_files_that_are_no_table_are_refused_in_words(content, said):
    with pytest.raises(NotDone, match=said):
        read(content)


def test_a_list_of_uris_with_comments():
    uri = otpauth.build(account(issuer="ACME", name="anna"))
    kind, found, problems = read(f"# list\n\n{uri}\nhello\notpauth://totp/x?secret=!\n{uri.upper()[:20]}\n")
    assert (kind, found[0].place, found[0].account.issuer) == ("URIs", "line 3", "ACME")
    assert [problem.place for problem in problems] == ["line 4", "line 5", "line 6"]
    assert read(f"{uri}\r\n{otpauth.build(account(kind='hotp', counter=5))}")[1][1].account.counter == 5


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def migration(*accounts, size=1, index=0, batch=7):
    payload = b""
    for a in accounts:
        one = field(1, a.secret) + field(2, a.name.encode()) + field(3, a.issuer.encode())
        one += field(4, ["SHA1", "SHA256", "SHA512"].index(a.algorithm) + 1) + field(
            5, {6: 1, 8: 2}[a.digits]
        )
        one += field(6, 1 if a.kind == "hotp" else 2) + field(7, a.counter)
        payload += field(1, one)
    payload += field(2, 1) + field(3, size) + field(4, index) + field(5, batch)
    return "otpauth-migration://offline?data=" + quote(b64encode(payload).decode())


def test_googles_export():
    # As published by those who took the format apart: two accounts, made by the app.
    first = account(issuer="ACME", name="ACME:anna")
    second = account(
        secret=b"\xff\x00\xfe" * 9, kind="hotp", name="zoë", counter=2**40, digits=8, algorithm="SHA512"
    )
    kind, found, problems = read(migration(first, second))
    assert (kind, problems) == ("URIs", [])
    one, two = (seed.account for seed in found)
    assert (one.secret, one.issuer, one.name, one.kind, one.digits) == (
        first.secret,
        "ACME",
        "anna",
        "totp",
        6,
    )
    assert (two.secret, two.name, two.counter, two.algorithm) == (second.secret, "zoë", 2**40, "SHA512")
    assert found[1].place == "line 1, account 2"


def test_a_batch_of_googles_that_is_not_whole_is_a_problem():
    parts = [migration(account(secret=bytes([n]) * 10), size=3, index=n) for n in range(3)]
    assert read("\n".join(parts))[2] == []
    (problem,) = read("\n".join([parts[0], parts[2]]))[2]
    assert "of the 3 migration URIs of this export number 2 is missing" in problem.why


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_no_migration_is_a_fault_whatever_is_in_it(data):
    batches = google.Batches()
    try:
        batches.read("otpauth-migration://offline?data=" + quote(b64encode(data).decode()))
    except Exception as error:
        assert type(error).__name__ == "BadValue"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_no_file_is_a_fault_whatever_is_in_it(data):
    try:
        read(data)
    except NotDone:
        return


def vault(entries, password=None, **slot):
    database = {"version": 3, "entries": entries, "groups": []}
    if password is None:
        return json.dumps({"version": 1, "header": {"slots": None, "params": None}, "db": database})
    master, salt = bytes(range(32)), bytes(32)

    def sealed(key, data, nonce):
        out = AESGCM(key).encrypt(nonce, data, None)
        return out[:-16], {"nonce": nonce.hex(), "tag": out[-16:].hex()}

    cost = {"n": 2**10, "r": 8, "p": 1} | slot
    derived = hashlib.scrypt(password.encode(), salt=salt, n=2**10, r=8, p=1, dklen=32)
    key, key_params = sealed(derived, master, bytes(12))
    content, params = sealed(master, json.dumps(database).encode(), b"n" * 12)
    slots = [{"type": 2, "uuid": "b"}]
    slots += [
        {"type": 1, "uuid": "a", "key": key.hex(), "key_params": key_params, "salt": salt.hex(), **cost}
    ]
    return json.dumps(
        {"version": 1, "header": {"slots": slots, "params": params}, "db": b64encode(content).decode()}
    )


ENTRY = {
    "type": "totp", "uuid": "1", "name": "anna", "issuer": "ACME", "note": "", "favorite": False,
    "info": {"secret": BASE32, "algo": "SHA256", "digits": 8, "period": 60},
}  # fmt: skip


class Password:
    def __init__(self, text):
        self.text = text

    def password(self, what):
        return self.text


@pytest.mark.parametrize("password", [None, "correct horse", "zoë"])
def test_aegis_plain_and_encrypted(password):
    hotp = ENTRY | {"type": "hotp", "info": {"secret": BASE32, "algo": "SHA1", "digits": 6, "counter": 5}}
    kind, found, problems = read(vault([ENTRY, hotp], password), secret=Password(password))
    assert (kind, problems) == ("Aegis", [])
    assert (found[0].account.issuer, found[0].account.algorithm, found[0].account.period) == (
        "ACME",
        "SHA256",
        60,
    )
    assert (found[1].account.kind, found[1].account.counter) == ("hotp", 5)


def test_aegis_with_a_wrong_password_or_hostile_costs_is_refused():
    with pytest.raises(NotDone, match="password is not that"):
        read(vault([ENTRY], "right"), secret=Password("wrong"))
    for cost in ({"n": 2**40}, {"r": 2**30}, {"n": 0}, {"p": -1}):
        with pytest.raises(NotDone, match="more work than"):
            read(vault([ENTRY], "right", **cost), secret=Password("right"))
    for cost in ({"n": "x"}, {"n": 3}, {"r": None}):
        with pytest.raises(NotDone, match=r"damaged|more work"):
            read(vault([ENTRY], "right", **cost), secret=Password("right"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "another version"),
        ({"db": {"version": 9, "entries": []}}, "newer than version 3"),
        ({"db": {}}, "damaged"),
        ({"db": None}, "damaged"),
        ({"db": "!!!"}, "damaged"),
        ({"header": None, "db": "AAAA"}, "damaged"),
        ({"header": {"slots": []}, "db": "AAAA"}, "not encrypted under a password"),
    ],
)
def test_aegis_vaults_of_other_shapes_are_refused_in_words(change, said):
    with pytest.raises(NotDone, match=said):
        aegis.read(json.loads(vault([ENTRY])) | change, Password("x"))


@pytest.mark.parametrize(
    "entry",
    [None, 5, {}, ENTRY | {"type": "steam"}, ENTRY | {"info": {}}, ENTRY | {"name": ""}, ENTRY | {"name": 5}],
)
def test_an_aegis_entry_that_is_no_account_is_a_problem(entry):
    _, found, problems = read(vault([ENTRY, entry]))
    assert (len(found), problems[0].place) == (1, "entry 2")


def test_the_command_imports_each_kind_and_its_codes_are_accepted(tmp_path):
    command = Command(tmp_path)
    tokens = {}
    for index, name in enumerate(("csv", "list", "google", "aegis")):
        secret = bytes([65 + index]) * 20
        tokens[name] = Account(secret, name, "ACME")
        command.secrets += [b32encode(secret).decode(), secret.hex()]
    aegis_entry = ENTRY | {"name": "aegis", "info": {
        "secret": b32encode(tokens["aegis"].secret).decode(), "algo": "SHA1", "digits": 6, "period": 30,
    }}  # fmt: skip
    files = [
        command.file("csv", f"user,serial,secret,issuer\ncsv,S1,{tokens['csv'].secret.hex()},ACME\n"),
        command.file("list", otpauth.build(tokens["list"])),
        command.file("google", migration(tokens["google"])),
        command.file("aegis", vault([aegis_entry], "pass")),
    ]
    report = command.json("import", *files, "--name-is-user", "--kind", "totp", given="pass\n")
    assert report["changed"] is True
    assert [each["place"].rpartition("/")[2] for each in report["added"]] == [
        "csv, line 2", "list, line 1", "google, line 1, account 1", "aegis, entry 1",
    ]  # fmt: skip
    for name, token in tokens.items():
        assert command.code(name, code_at(token, NOON)) == "accepted"
