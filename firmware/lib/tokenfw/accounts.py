"""The requests on accounts."""

from tokencore import errors, messages
from tokencore.account import check_label
from tokencore.channel import OVERHEAD
from tokencore.frame import MAX_PAYLOAD
from tokencore.messages import CONFIRM_MS

from .question import Pending, Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .app import App
    from .question import Values

_LIST_BYTES = MAX_PAYLOAD - OVERHEAD - 32  # beside the accounts: sequence, status, total and the heads


def list(app: "App", values: "Values", now_ms: int) -> "Values":
    """Return as many accounts as fit, from a position on."""
    app.vault.check()  # A locked vault would seem to be empty.
    accounts = []
    size = 0
    for position in range(values["start"], len(app.vault)):
        account = messages.listed_fields(app.vault.listed(position))
        size += messages.listed_size(account)
        if size > _LIST_BYTES:
            break
        accounts.append(account)
    return {"total": len(app.vault), "accounts": accounts}


def add(app: "App", values: "Values", now_ms: int) -> "Values":
    """Add an account at the end and return its position."""
    position = app.vault.add(messages.account_from(values))
    app.select(position)
    return {"position": position}


def rename(app: "App", values: "Values", now_ms: int) -> "Values":
    """Give an account another issuer and name."""
    check_label(values["new_issuer"], values["new_name"])
    position = _find(app, values)
    app.vault.rename(position, values["new_issuer"], values["new_name"])
    app.select(position)
    return {}


def move(app: "App", values: "Values", now_ms: int) -> "Values":
    """Move an account to another position."""
    app.vault.move(_find(app, values), values["position"])
    app.select(values["position"])
    return {}


def remove(app: "App", values: "Values", now_ms: int) -> "Values":
    """Remove an account with its secret."""
    position = _find(app, values)
    app.vault.remove(position)
    app.select(position)
    return {}


def set_typing(app: "App", values: "Values", now_ms: int) -> "Values":
    """Choose what the token types for an account."""
    position = _find(app, values)
    app.vault.set_typing(position, values["typing"])
    app.select(position)
    return {}


def code(app: "App", values: "Values", now_ms: int) -> Pending:
    """Return the Pending that gives an account's code once confirm has been pressed."""
    position = _find(app, values)
    account = app.vault.account(position)
    if account.kind == "totp":
        app.time_step(account, now_ms)  # Refuse now rather than after a press that was for nothing.
    app.select(position)

    def finish(then_ms: int) -> "Values":
        return app.release(_find(app, values), then_ms)

    return Pending(now_ms + CONFIRM_MS, Question("code", values["issuer"], values["name"]), finish)


def wipe(app: "App", values: "Values", now_ms: int) -> "Values":
    """Erase everything, if the host names the right token."""
    if values["serial"] != app.identity.serial:
        raise errors.BadValue("serial", "this is another token's serial number: nothing was wiped")
    app.vault.wipe()
    app.select(0)
    return {}


def _find(app: "App", values: "Values") -> int:
    return app.vault.find(values["issuer"], values["name"])
