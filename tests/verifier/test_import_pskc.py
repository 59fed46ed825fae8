"""PSKC in: RFC 6030's figures, what is protected and how, and files that mean harm."""

import json
import re

import pytest

from host_verify.errors import NotDone
from host_verify.seeds import pskc
from tests.docs.pages import ROOT

from .importing import Command

FIGURES = json.loads((ROOT / "tests/vectors/rfc6030_pskc.json").read_text())["figures"]
PRE_SHARED, PASSWORD = FIGURES["6"], FIGURES["7"]


class Known:
    """What a person would type, without asking."""

    def __init__(self, text=None):
        self.text = text

    def password(self, what):
        assert self.text is not None
        return self.text

    def key(self, what):
        assert self.text is not None
        return bytes.fromhex(self.text)


def read(xml, secret=None):
    return pskc.read(xml.encode() if isinstance(xml, str) else xml, Known(secret))


@pytest.fixture
def command(tmp_path):
    return Command(tmp_path)


@pytest.mark.parametrize("number", [2, 3, 5, 6, 7, 9, 10])
def test_the_figures_of_rfc_6030(number):
    figure = FIGURES[str(number)]
    seeds, problems = read(figure["xml"], figure["value"])
    assert problems == []
    expected = [key for key in figure["keys"] if key["algorithm"] != "pin"]
    assert len(seeds) == len(expected) > 0
    for seed, key in zip(seeds, expected, strict=True):
        found = seed.account
        assert found.secret.hex() == key["secret_hex"]
        assert (found.kind, found.issuer) == (key["algorithm"], key["issuer"])
        assert found.digits == key.get("response_length", 6)
        assert found.counter == key.get("counter", 0)
        assert (seed.serial or "").partition("#")[0] == key.get("serial", "")


def test_a_users_distinguished_name_is_read():
    assert read(FIGURES["3"]["xml"])[0][0].user == "jsmith"


def test_two_keys_of_one_device_have_numbers_of_their_own():
    assert [seed.serial for seed in read(FIGURES["10"]["xml"])[0]] == [
        "654321",
        "123456",
        "9999999",
        "9999999#2",
    ]


def test_a_key_by_reference_and_an_unknown_cipher_are_named():
    assert [problem.why for problem in read(FIGURES["4"]["xml"])[1]] == ["Secret: it is missing"]
    with pytest.raises(NotDone, match=r"line 29, key 1: .*rsa_1_5"):
        read(FIGURES["8"]["xml"])


@pytest.mark.parametrize("figure", [PRE_SHARED, PASSWORD], ids=["key", "password"])
def test_every_byte_under_a_mac_is_guarded(figure):
    """What is changed of a value is told from its MAC, before anything is decrypted."""
    *_, value = re.findall(r"<(?:\w+:)?CipherValue>\s*(\S+)\s*</", figure["xml"])
    for at in range(0, len(value) - 2, 5):
        changed = value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]
        seeds, problems = read(figure["xml"].replace(value, changed), figure["value"])
        assert seeds == []
        assert problems[0].why.startswith("ValueMAC: it is not right")


@pytest.mark.parametrize("figure", [PRE_SHARED, PASSWORD], ids=["key", "password"])
def test_a_value_without_its_mac_is_refused(figure):
    without = re.sub(r"<(\w+:)?ValueMAC>.*?</(\w+:)?ValueMAC>", "", figure["xml"], flags=re.DOTALL)
    assert "ValueMAC: it is missing" in read(without, figure["value"])[1][0].why
    method = re.sub(r"<(\w+:)?MACMethod.*?</(\w+:)?MACMethod>", "", figure["xml"], flags=re.DOTALL)
    assert "ValueMAC: it is missing" in read(method, figure["value"])[1][0].why


@pytest.mark.parametrize(
    ("figure", "secret", "said"),
    [
        (PASSWORD, "qwertz", "the password is wrong|ValueMAC"),
        (PASSWORD, "", "the password is wrong|ValueMAC"),
        (PRE_SHARED, "00" * 16, "the pre-shared key is wrong|ValueMAC"),
        (PRE_SHARED, "00" * 15, "gives 15 bytes, and the file's cipher needs 16"),
    ],
)
def test_a_wrong_key_is_called_wrong(figure, secret, said):
    try:
        said_now = read(figure["xml"], secret)[1][0].why
    except NotDone as error:
        said_now = str(error)
    assert re.search(said, said_now)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (">1000<", ">99999999999<", "IterationCount"),
        (">1000<", ">-1<", "IterationCount"),
        (">1000<", ">0000000000019999999999999999<", "IterationCount"),
        (">1000<", "> <", "IterationCount"),
        (">16<", ">17<", "KeyLength"),
        (">16<", ">0000169999999999999999999<", "KeyLength"),
        ("<PRF/>", '<PRF Algorithm="urn:md5"/>', "PRF is not known"),
        ("pbkdf2", "scrypt", "PBKDF2 is"),
        ("hmac-sha1", "hmac-md5", "MACs are of a kind"),
        ("Ej7/PEpyEpw=", "?", "Salt: it is not base64"),
        ("2GTTnLwM3I4e5IO5", "2GTTnLwM3I4e5IO", "not base64"),
        ("aes128-cbc", "aes128-ecb", "encrypted in a way that is not known"),
    ],
)
def test_hostile_parameters_are_refused_in_words(before, after, said):
    assert before in PASSWORD["xml"]
    try:
        text = read(PASSWORD["xml"].replace(before, after), "qwerty")[1][0].why
    except NotDone as error:
        text = str(error)
    assert said in text


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">'
PLAIN = FIGURES["3"]["xml"].partition("?>")[2]


@pytest.mark.parametrize(
    "doctype", [BOMB + "]>", EXTERNAL + "]>", '<!DOCTYPE x SYSTEM "http://127.0.0.1/x">']
)
def test_xml_bombs_and_external_entities_are_refused_unread(doctype):
    for entity in ("&j;", "&a;"):
        with pytest.raises(NotDone, match="has a DOCTYPE"):
            read(doctype + PLAIN.replace("MTIz", entity))


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        ("<a/>", "no KeyContainer of urn:ietf"),
        ("<KeyContainer/>", "no KeyContainer of urn:ietf"),
        (PLAIN[:-20], "cut short or damaged"),
        (PLAIN[:300], "cut short or damaged"),
        (PLAIN + PLAIN, "cut short or damaged"),
        ('<?xml version="1.0" encoding="klingon"?>' + PLAIN.strip(), "encoding"),
        (PLAIN.replace("<Data>", "<a>" * 40 + "</a>" * 40 + "<Data>"), "nested too deep"),
        (PLAIN.replace("UID=jsmith", "x" * 70_000), "too long"),
        (PLAIN.replace("<Data>", "<Data>\0"), "cut short or damaged"),
        (b"\xff\xfe" + PLAIN.encode(), "cut short or damaged|encoding"),
        ("", "cut short or damaged"),
    ],
)
def test_what_is_no_whole_pskc_is_refused_with_its_line(xml, said):
    with pytest.raises(NotDone, match=said):
        read(xml)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("pskc:hotp", "pskc:ocra", "neither HOTP nor TOTP"),
        ("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", "MTI*", "Secret: it is not base64"),
        ("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", "", "Secret: it is missing"),
        ('Length="8"', 'Length="9"', "digits: a whole number from 6 to 8"),
        ('Length="8"', 'Length="x"', "Length: a whole number"),
        ('"DECIMAL"', '"HEXADECIMAL"', "not decimal"),
        ('"DECIMAL"', '"DECIMAL" CheckDigits="true"', "check digit"),
        (">0<", ">-1<", "Counter: a whole number"),
        (">0<", ">18446744073709551616<", "counter: a whole number"),
        ("<ResponseFormat", "<Suite>HMAC-MD5</Suite><ResponseFormat", "HMAC-SHA512 are possible"),
        ("</Key>", "<Policy><KeyUsage>CR</KeyUsage></Policy></Key>", "not for one-time passwords"),
        ("</Key>", '<Policy><PINPolicy PINUsageMode="Append"/></Policy></Key>', "a PIN is part of"),
        ("UID=jsmith,", "UID=jsmith,,", "no distinguished name"),
    ],
)
def test_a_key_that_cannot_be_used_is_a_problem_of_its_line(before, after, said):
    assert before in PLAIN
    seeds, (problem,) = read(PLAIN.replace(before, after))
    assert seeds == []
    assert said in problem.why
    assert re.fullmatch(r"line \d+, key 1", problem.place)


def test_space_between_the_packages_counts_for_nothing():
    assert len(read(PLAIN.replace("<KeyPackage>", " " * 70_000 + "<KeyPackage>"))[0]) == 1


def test_totp_by_its_profile():
    xml = PLAIN.replace("pskc:hotp", "pskc:totp").replace(
        "<ResponseFormat", "<Suite>HMAC-SHA256</Suite><ResponseFormat"
    )
    times = "<Time><PlainValue>0</PlainValue></Time><TimeInterval><PlainValue>60</PlainValue></TimeInterval>"
    xml = re.sub(r"<Counter>.*?</Counter>", times, xml, flags=re.DOTALL)
    (seed,), _ = read(xml)
    found = seed.account
    assert (found.kind, found.period, found.algorithm, found.t0) == ("totp", 60, "SHA256", 0)


def test_the_command_asks_for_the_secret_only_where_it_is_needed(command):
    plain, sealed = command.file("plain", FIGURES["3"]["xml"]), command.file("sealed", PASSWORD["xml"])
    command.secrets = ["12345678901234567890", "MTIzNDU2Nzg5", "qwerty"]
    command.run("import", plain)
    (token,) = command.tokens()
    assert (token.user, token.serial, str(token.state.status)) == ("jsmith", "987654321", "new")
    more = ["--skip-known", "--dry-run"]
    assert command.json("import", sealed, *more, given="qwerty\n")["known"]
    secret = command.file("password", "qwerty\n")
    assert command.json("import", sealed, *more, "--secret-file", secret)["known"]
    assert "none was given" in command.run("import", sealed, *more, given="", status=1).stderr
    key = command.file("key", PRE_SHARED["value"])
    assert command.json("import", command.file("six", PRE_SHARED["xml"]), *more, "--secret-file", key)[
        "known"
    ]
    assert (
        "hexadecimal" in command.run("import", command.folder / "six", *more, given="xyz\n", status=1).stderr
    )


def test_nothing_is_half_imported(command):
    other = PLAIN.replace("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTB=").replace(
        "987654321", "X"
    )
    good = command.file("good", other)
    bad = command.file("bad", FIGURES["4"]["xml"])
    said = command.run("import", good, bad, status=1).stdout
    assert "Nothing was imported: 1 is not fit, 1 would be" in said
    assert command.tokens() == []
