"""What a case can ask for by name: the functions of tokencore and, from `session`, a whole token."""

import gc
import sys

from tokencore import base32, cbor, frame, messages, otp
from tokencore.account import Account

_FIELDS = ("issuer", "name", "kind", "algorithm", "digits", "period", "t0", "counter", "secret")


def find(name: str) -> object:
    """Return the function of an operation; code that few cases need is imported only for them."""
    if name in OPERATIONS:
        return OPERATIONS[name]
    if name[:8] == "otpauth ":
        from tokencore import otpauth

        return {
            "otpauth parse": lambda uri: _fields(otpauth.parse(uri)),
            "otpauth build": lambda values: otpauth.build(Account(**values)),
        }[name]
    if name[:7] == "crypto ":
        return __import__("crypto_operations").OPERATIONS[name]
    if name[:6] == "vault ":
        return __import__("vault_operations").OPERATIONS[name]
    if name == "board file":
        from tokenfw import board_file

        return board_file.parse
    # In pieces, as code.py does, and why it says.
    for module in ("tokenfw.vault", "tokenfw.app", "tokenfw.presses", "tokenfw.commands", "session"):
        __import__(module)
        gc.collect()
    if name[:8] == "channel ":
        return __import__("channel_operations").OPERATIONS[name]
    return sys.modules["session"].OPERATIONS[name]


def _fields(account: Account) -> list:
    return [getattr(account, field) for field in _FIELDS]


def _account(values: dict) -> tuple:
    account = Account(**values)
    data = messages.encode_account(account)
    return _fields(account), data, _fields(messages.decode_account(data)), repr(account)


def _frames(pieces: list, flood: bytes = b"", times: int = 0) -> tuple:
    decoder = frame.Decoder()
    payloads = []
    for _ in range(times):
        payloads.extend(decoder.feed(flood))
    for piece in pieces:
        payloads.extend(decoder.feed(piece))
    return payloads, decoder.dropped


def _request(sequence: int, name: str, values: dict) -> tuple:
    payload = messages.encode_request(sequence, messages.COMMANDS[name], values)
    return payload, _read_request(payload)


def _read_request(payload: bytes) -> tuple:
    sequence, command, packed = messages.decode_request(payload)
    if command is None:
        return sequence, "", packed
    return sequence, command.name, messages.unpack(command.request, packed, True)


def _response(sequence: int, name: str, values: dict) -> tuple:
    command = messages.COMMANDS[name]
    payload = messages.encode_response(sequence, command, values)
    read_sequence, status, packed = messages.decode_response(payload)
    return payload, read_sequence, status, messages.unpack(command.response, packed, False)


def _compile_file(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        _compile(file.read())


def _compile(code: str) -> None:
    compile(code, "code", "exec")


def _names(expression: str) -> list:
    return dir(eval(expression))


OPERATIONS = {
    "names": _names,
    "compile": _compile,
    "compile file": _compile_file,
    "hmac": otp.hmac_digest,
    "truncate": otp.truncate,
    "hotp": otp.hotp,
    "totp": otp.totp,
    "base32 encode": base32.encode,
    "base32 decode": base32.decode,
    "account": _account,
    "cbor encode": cbor.encode,
    "cbor decode": cbor.decode,
    "frame encode": frame.encode,
    "frames": _frames,
    "request": _request,
    "response": _response,
    "read request": _read_request,
    "status": messages.encode_status,
}
