"""Rubbish as files of seeds: files of every kind, with something changed, cut, doubled or put in."""

import json
import random
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable

from tokencore.errors import FobError

from host_verify import seeds
from host_verify.enrolments import parsed
from host_verify.errors import NotDone
from host_verify.seeds import Assumed
from tests.docs.pages import ROOT

HEX = "3132333435363738393031323334353637383930"
BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
LONGEST = 5.0  # seconds of CPU that any file may take
_URI = f"otpauth://totp/ACME:anna?secret={BASE32}&issuer=ACME\n"
_PUT_IN = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"&lol9;", b"]]>", b"<" * 200, b"<a>" * 2000, b'"', b"'", b",", b";",
    b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", b"\t", b"\r", b"\n", b"\x1a", b"%00", b"-1",
    "\uff11\uff12".encode(), b"99999999999999999999", b"=cmd|' /C calc'!A0", b"9" * 5000,
)  # fmt: skip


class Given:
    """The password, or the key, of a file: the right one of the RFC's figures, or a wrong one."""

    def __init__(self, drawn: random.Random, figure: dict) -> None:
        self._right, self._value = drawn.random() < 0.8, figure.get("value", "qwerty")

    def password(self, *_: object) -> str:
        return str(self._value) if self._right else "wrong"

    def key(self, *_: object) -> bytes:
        try:
            return bytes.fromhex(str(self._value)) if self._right else bytes(16)
        except ValueError:
            return bytes(16)


def corpus() -> list[tuple[bytes, dict]]:
    """Whole files, with what the RFC says of their key."""
    figures = json.loads((ROOT / "tests/vectors/rfc6030_pskc.json").read_text())["figures"].values()
    tables = [
        f"S1,{HEX},totp,8,60\nS2,{HEX},hotp,6,12\n",
        f"1000000001\t{HEX}\r\n1000000002\t{HEX}\r\n", f"S1;{HEX}\n",
        f"upn,serial number,secret key,time interval,manufacturer,model\nanna@x,S1,{BASE32},30,Token2,C202\n",
        _URI * 3, f"otpauth-migration://offline?data={b64encode(bytes(40)).decode()}\n",
    ]  # fmt: skip
    aegis = {
        "version": 1, "header": {"slots": None, "params": None},
        "db": {"version": 3, "entries": [
            {"type": "totp", "name": "anna", "issuer": "A",
             "info": {"secret": BASE32, "algo": "SHA1", "digits": 6, "period": 30}},
        ]},
    }  # fmt: skip
    files = [(figure["xml"].encode(), figure) for figure in figures]
    return [*files, *((table.encode(), {}) for table in tables), (json.dumps(aegis).encode(), {})]


def spoilt(drawn: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """The file with up to four things wrong."""
    for _ in range(drawn.randrange(5)):
        at = drawn.randrange(len(data) + 1)
        match drawn.randrange(7):
            case 0:
                data = data[:at]
            case 1:
                data = data[:at] + drawn.choice(_PUT_IN) + data[at:]
            case 2:
                data = data[:at] + drawn.randbytes(drawn.randrange(1, 9)) + data[at + drawn.randrange(9) :]
            case 3:
                end = drawn.randrange(at, len(data) + 1)
                data = data[:at] + data[at:end] * drawn.choice([0, 2, 9]) + data[end:]
            case 4:
                other = drawn.choice(others)
                data = data[:at] + other[drawn.randrange(len(other)) :]
            case 5:
                data = data.decode("utf-8", "replace").encode(
                    drawn.choice(["utf-16", "utf-8-sig", "utf-32-be"])
                )
            case _:
                lines = data.splitlines(keepends=True)
                drawn.shuffle(lines)
                data = b"".join(lines)
    return data[:200_000]


def fuzz(drawn: random.Random, until: Callable[[], bool]) -> Counter[str]:
    """Read files; each is read or refused, soon, and no refusal says a secret."""
    counts: Counter[str] = Counter()
    files = corpus()
    whole = [data for data, _ in files]
    while not until():
        data, figure = drawn.choice(files)
        data = spoilt(drawn, data, whole)
        kind = drawn.choice([None, "totp", "hotp"])
        began = time.process_time()
        try:
            document = parsed(data) if data[:1] == b"{" else None
            what, found, problems = seeds.read(data, document, Given(drawn, figure), Assumed(kind=kind))
        except (NotDone, FobError) as error:
            counts["refused whole"] += 1
            said = str(error)
        else:
            counts[
                f"read as {what}: {'some refused' if problems else 'all taken' if found else 'nothing'}"
            ] += 1
            said = repr(problems)  # what a name or a serial number is in a spoilt file, nobody can know
        took = time.process_time() - began
        assert took < LONGEST, (took, data)
        for secret in (HEX, BASE32):
            assert secret not in said, (said, data)
    return counts
