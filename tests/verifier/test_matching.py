"""Codes: RFC vectors and other people's libraries against the fast matcher."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokencore.account import Account

from host_verify.core import Reason, State, check
from host_verify.matching import CodeKey, normalise

from .parts import NOON, POLICY, account, code_of

VECTORS = Path(__file__).parents[1] / "vectors"
HOTP = json.loads((VECTORS / "rfc4226_hotp.json").read_text())
TOTP = json.loads((VECTORS / "rfc6238_totp.json").read_text())


@pytest.mark.parametrize("vector", HOTP["vectors"], ids=lambda vector: str(vector["counter"]))
def test_rfc4226_vectors_are_accepted_at_their_counter_and_only_there(vector):
    token = account(kind="hotp", secret=bytes.fromhex(HOTP["secret_hex"]), counter=vector["counter"])
    outcome, _ = check(CodeKey(token), State(next_step=token.counter), vector["code6"], 0, POLICY)
    assert (outcome.reason, outcome.step) == (Reason.ACCEPTED, vector["counter"])
    outcome, _ = check(CodeKey(token), State(next_step=token.counter + 1), vector["code6"], 0, POLICY)
    assert outcome.reason is Reason.REPLAYED


@pytest.mark.parametrize(
    "vector", TOTP["vectors"], ids=lambda vector: f"{vector['algorithm']}-{vector['time']}"
)
def test_rfc6238_vectors_are_accepted_at_their_time(vector):
    token = account(
        secret=bytes.fromhex(vector["secret_hex"]),
        algorithm=vector["algorithm"],
        digits=vector["digits"],
        period=vector["step"],
        t0=vector["t0"],
    )
    outcome, _ = check(CodeKey(token), State(), vector["code"], vector["time"], POLICY)
    assert (outcome.reason, outcome.step) == (Reason.ACCEPTED, int(vector["counter_hex"], 16))


@given(
    secret=st.binary(min_size=1, max_size=128),
    algorithm=st.sampled_from(["SHA1", "SHA256", "SHA512"]),
    digits=st.integers(6, 8),
    step=st.integers(1, 2**64 - 2),
)
def test_matching_finds_what_pyotp_makes(secret, algorithm, digits, step):
    token = Account(secret, "x", algorithm=algorithm, digits=digits)
    around = range(step - 1, step + 2)
    codes = [code_of(token, each) for each in around]
    found = CodeKey(token).matching(codes[1], around)
    assert found == [each for each, code in zip(around, codes, strict=True) if code == codes[1]]


@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256", "SHA512"])
def test_matching_finds_what_oathtool_makes(algorithm):
    token = account(algorithm=algorithm, secret=b"k" * 65, digits=8)
    command = ["oathtool", f"--totp={algorithm}", "-d8", f"--now=@{NOON}", token.secret.hex()]
    try:
        code = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except FileNotFoundError:
        pytest.skip("oathtool is not installed")
    assert CodeKey(token).matching(code, range(NOON // 30 - 2, NOON // 30 + 3)) == [NOON // 30]


def test_a_key_shows_nothing_of_its_secret():
    token = account(secret=b"SECRETSECRET")
    assert "SECRET" not in repr(CodeKey(token))


@pytest.mark.parametrize("code", ["123456", "123 456", " 123456", "123456 ", "1 2 3 4 5 6"])
def test_spaces_of_a_grouped_display_are_dropped(code):
    assert normalise(code, 6) == "123456"


FULL_WIDTH = "\uff11\uff12\uff13\uff14\uff15\uff16"
ARABIC = "\u0661\u0662\u0663\u0664\u0665\u0666"
TABS = "|123456\n|123\t456|123\u00a0456"


@pytest.mark.parametrize(
    "code", f"|12345|1234567|1234 5|12345a|0x1234|1e5000|{FULL_WIDTH}|{ARABIC}".split("|")
)
@pytest.mark.parametrize("dress", ["{}", " {}", "{} "])
def test_other_lengths_and_scripts_are_malformed(code, dress):
    assert normalise(dress.format(code), 6) is None


@pytest.mark.parametrize("code", f"+12345|-12345|+123456|12_345|123-456|123.456|12345\u00b2{TABS}".split("|"))
def test_whatever_is_not_the_tokens_digits_is_malformed(code):
    assert normalise(code, 6) is None


@pytest.mark.parametrize("code", ["1" * 100_000, " " * 100_000, "\0" * 6])
def test_a_flood_is_malformed(code):
    assert normalise(code, 6) is None


@given(st.text(max_size=12), st.integers(6, 8))
def test_normalised_text_is_ascii_digits_of_the_length_or_nothing(text, digits):
    code = normalise(text, digits)
    assert code is None or (len(code) == digits and set(code) <= set("0123456789"))
