"""Results as JSON and as lines. Positions count from 1 here, as on the token's screen."""

from dataclasses import asdict
from typing import Any

from . import owner_views
from .model import AccountInfo, Code, Info, Settings, Status
from .output import Output, gauge
from .ports import Port
from .sync import Measurement, Sync
from .texts import utc

_AHEAD_DAYS = 90  # how far ahead a sync tells what to expect
_TYPED = {"off": "nothing", "code": "code", "enter": "code, Enter"}
_NAMES = {
    **{"us": "United States", "uk": "United Kingdom", "de": "German", "fr": "French", "es": "Spanish"},
    **{"it": "Italian", "nordic": "Danish, Finnish, Norwegian, Swedish", "ch": "Swiss", "en": "English"},
    "modhex": "cbdefghijk for 0 to 9, the same on every layout",
}


def ports(output: Output, found: list[Port]) -> None:
    """Show the ports and what is at each."""
    if output.as_json:
        output.result({"ports": [asdict(port) for port in found]})
    elif not found:
        output.line("No serial ports.")
    else:
        rows = [[port.device, port.state, port.token_serial, port.product] for port in found]
        output.table([("Port", {}), ("State", {}), ("Serial number", {}), ("USB product", {})], rows)


def info(output: Output, port: str, found: Info, status: Status | None) -> None:
    """Show what the token is and how it is; `status` is None where its firmware knows none."""
    if output.as_json:
        more = {"status": owner_views.as_data(status)} if status else {}
        output.result({"port": port} | asdict(found) | more)
        return
    clock = found.clock if found.utc is None else f"{found.clock}, {utc(found.utc)}"
    for title, value in (
        ("Serial number", found.serial),
        ("Port", port),
        ("Board", found.board),
        ("Firmware", found.firmware),
        *(owner_views.lines(status) if status else ()),
        ("Accounts", gauge(found.accounts, found.capacity)),
        ("Clock", clock + _bound(found.bound)),
        *_lesson(found),
        ("Running for", f"{found.uptime // 1000} s"),
        ("Frames dropped", str(found.dropped)),
        ("Faults", found.faults or "none"),
    ):
        output.line(f"{title + ':':16}{value}")


def accounts(output: Output, found: list[AccountInfo], capacity: int) -> None:
    """Show the accounts in the token's order, and how much place is left."""
    if output.as_json:
        listed = [asdict(account) | {"position": account.position + 1} for account in found]
        output.result({"accounts": listed, "total": len(found), "capacity": capacity})
        return
    if found:
        columns: list[tuple[str, dict[str, Any]]] = [
            ("#", {"justify": "right", "no_wrap": True}),
            ("Issuer", {}),
            ("Name", {}),
            ("Codes", {"no_wrap": True}),
            ("Step/counter", {"no_wrap": True}),
            ("Types", {"no_wrap": True}),
        ]
        output.table(columns, [_row(account) for account in found])
    output.line(gauge(len(found), capacity))


def placed(output: Output, done: str, issuer: str, name: str, position: int) -> None:
    """Show that an account was "Added at" or "Moved to" its position (from 0)."""
    if output.as_json:
        output.result({"issuer": issuer, "name": name, "position": position + 1})
    else:
        verb, preposition = done.split()
        output.line(f"{verb} {_title(issuer, name)} {preposition} position {position + 1}")


def renamed(output: Output, before: AccountInfo, issuer: str, name: str) -> None:
    """Show the account's name before and after."""
    if output.as_json:
        output.result(
            {"before": {"issuer": before.issuer, "name": before.name}, "issuer": issuer, "name": name}
        )
    else:
        output.line(f"Renamed {_title(before.issuer, before.name)} to {_title(issuer, name)}")


def removed(output: Output, account: AccountInfo) -> None:
    """Show which account is gone."""
    if output.as_json:
        output.result({"removed": {"issuer": account.issuer, "name": account.name}})
    else:
        output.line(f"Removed {_title(account.issuer, account.name)}")


def typing(output: Output, account: AccountInfo, choice: str) -> None:
    """Show what the token types for the account from now on."""
    if output.as_json:
        output.result({"issuer": account.issuer, "name": account.name, "typing": choice})
    else:
        output.line(f"Types for {_title(account.issuer, account.name)}: {_TYPED[choice]}")


def settings(output: Output, found: Settings) -> None:
    """Show the token's settings."""
    if output.as_json:
        output.result(asdict(found))
        return
    for title, value in (("Keyboard layout", found.layout), ("Language", found.language)):
        name = _NAMES.get(value or "")
        output.line(f"{title + ':':17}{value or 'not told'}{f' ({name})' if name else ''}")


def code(output: Output, account: AccountInfo, released: Code) -> None:
    """Show the code: alone on its line for people."""
    if output.as_json:
        output.result({"issuer": account.issuer, "name": account.name} | asdict(released))
    else:
        output.line(released.code)


def sync(output: Output, done: Sync) -> None:
    """Show the clock's offset before and after, and how sure it is."""
    expected = done.expected_ms(_AHEAD_DAYS)
    if output.as_json:
        result = {"before": _measured(done.before), "after": _measured(done.after), "utc": done.utc}
        result |= {name: getattr(done.info, name) for name in ("rate", "trim", "growth", "bound")}
        output.result(result | {"bound_in_90_days": expected})
        return
    output.line(f"Offset before: {_offset(done.before)}")
    output.line(f"Offset after:  {_offset(done.after)}")
    output.line(f"Set to {utc(done.utc)}")
    for title, value in _lesson(done.info)[1:]:
        output.line(f"{title + ':':15}{value}")
    if expected is not None:
        output.line(f"In {_AHEAD_DAYS} days it may be off by {expected / 1000:.1f} s")


def wiped(output: Output, serial: str, count: int) -> None:
    """Show that the token is empty."""
    if output.as_json:
        output.result({"wiped": serial, "accounts": count})
    else:
        output.line(f"Wiped token {serial}: {count} accounts are gone")


def _row(account: AccountInfo) -> list[str]:
    moving = f"{account.period} s" if account.kind == "totp" else f"next {account.counter}"
    if account.kind == "totp" and account.t0:
        moving += f" from {account.t0}"
    codes = f"{account.kind} {account.digits} {account.algorithm}"
    typed = _TYPED.get(account.typing or "", "")
    return [str(account.position + 1), account.issuer, account.name, codes, moving, typed]


def _title(issuer: str, name: str) -> str:
    return f"{issuer}:{name}" if issuer else name


def _bound(bound: int | None) -> str:
    return "" if bound is None else f" ± {bound / 1000:.1f} s"


def _lesson(found: Info) -> list[tuple[str, str]]:
    """Return what the token has learned about its clock, as (title, text)."""
    if found.rate is None or found.growth is None or found.synced is None:
        return []
    return [
        ("Last sync", utc(found.synced)),
        ("Clock's rate", f"{found.rate / 1000:+.2f} ppm, corrected; trim {found.trim}"),
        ("Sure within", f"{found.growth / 1000:.2f} ppm"),
    ]


def _measured(measurement: Measurement) -> dict[str, Any]:
    offset = None if measurement.offset_ns is None else measurement.offset_ns / 1e6
    return {
        "clock": measurement.clock,
        "offset_ms": offset,
        "uncertainty_ms": measurement.uncertainty_ns / 1e6,
        "round_trip_ms": measurement.round_trip_ns / 1e6,
        "bound_ms": measurement.bound_ms,
    }


def _offset(measurement: Measurement) -> str:
    if measurement.offset_ns is None:
        return f"clock {measurement.clock}"
    return f"{measurement.offset_ns / 1e9:+.3f} s ± {measurement.uncertainty_ns / 1e9:.3f} s"
