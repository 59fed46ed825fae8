"""Vectors that others published, as the package cryptography_vectors and tests/vectors hold them."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors"


def text(path: str) -> str:
    """Return a file of the package cryptography_vectors."""
    return resources.files("cryptography_vectors").joinpath(path).read_text(encoding="utf-8")


def records(path: str) -> list[dict[str, str]]:
    """Return the records of a file in NIST's form: names in lower case, with those of their [section].

    A record begins at a line "count = N"; a line "FAIL" gives "result": "FAIL".
    """
    found: list[dict[str, str]] = []
    section: dict[str, str] = {}
    record: dict[str, str] = {}
    for line in text(path).splitlines():
        name, equals, value = line.strip().strip("[]").partition("=")
        name, value = name.strip().lower(), value.strip()
        if name == "fail":
            name, value = "result", "FAIL"
        elif not equals or name.startswith("#"):
            continue
        if line.startswith("["):
            if record:
                found.append(record)
                record, section = {}, {}
            section[name] = value
        elif name == "count":
            if record:
                found.append(record)
            record = {**section}
        else:
            record[name] = value
    return [*found, record]


def octets(value: str) -> bytes:
    """Return a value that is in hexadecimal, or text in quotation marks."""
    return value.strip('"').encode() if value.startswith('"') else bytes.fromhex(value)


def noise() -> list[dict[str, Any]]:
    """Return the vectors of Noise handshakes."""
    vectors: list[dict[str, Any]] = json.loads((VECTORS / "noise.json").read_text())["vectors"]
    return vectors


def hpke() -> dict[str, Any]:
    """Return RFC 9180's base mode of X25519, HKDF-SHA256 and ChaCha20Poly1305 (appendix A.2.1)."""
    wanted = {"mode": 0, "kem_id": 0x20, "kdf_id": 1, "aead_id": 3}
    (vector,) = [
        v
        for v in json.loads(text("HPKE/test-vectors.json"))
        if all(v[name] == wanted[name] for name in wanted)
    ]
    found: dict[str, Any] = vector
    return found
