"""Gives all accounts out once, sealed to a recovery key, after a press; page by page, in their order.

Loaded when a host asks for it. All pages are messages of one HPKE context, whose info says how many there
are. A number is used for one page only, so no page can be asked for again but the last one, as it was.
"""

from tokencore import errors, otpauth, seals
from tokencore.account import TYPED
from tokencore.errors import BadValue
from tokencore.messages import CONFIRM_MS

from .question import Pending, Question, sliced
from .vault import AccountDamaged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.hpke import Sender

    from .app import App
    from .question import Values

IDLE_MS = 60000  # A backup that nobody goes on with ends.


class Backup:
    """A backup under way: what has been given out, and until when it goes on."""

    def __init__(self, sender: "Sender", total: int, changes: int, now_ms: int) -> None:
        self.sender: Sender | None = sender
        self.total = total
        self.changes = changes
        self.until_ms = now_ms + IDLE_MS
        self.next = 0
        self.last = b""


def backup(app: "App", values: "Values", now_ms: int) -> Pending:
    """Return the Pending that, after a press, begins a backup sealed to the X25519 public key `key`."""
    app.backup = None
    if not len(app.vault):
        app.vault.account(0)  # Raises: there is none, or none can be read now.
    question = Question("backup", str(len(app.vault)), seals.fingerprint(values["key"])[:9])

    def finish(then_ms: int) -> Pending:
        from tokencore import hpke  # Only now, for it takes memory.

        total, changes = len(app.vault), app.vault.changes

        def begin(sender: "Sender", now_ms: int) -> "Values":
            app.backup = Backup(sender, total, changes, now_ms)
            return {"enc": sender.enc, "total": total}

        work = hpke.sender(app.primitives, values["key"], seals.backup_info(app.identity.serial, total))
        return sliced(work, then_ms, begin)

    return Pending(now_ms + CONFIRM_MS, question, finish)


def backup_page(app: "App", values: "Values", now_ms: int) -> "Values":
    """Return the account at `index`, sealed: an otpauth URI, and on a second line what else there is to it.

    The text is empty for an account that is damaged.
    """
    under_way: Backup | None = app.backup
    index: int = values["index"]
    if under_way is None or now_ms > under_way.until_ms:
        app.backup = None
        raise errors.NotConfirmed("no backup is under way: begin one and press confirm")
    if app.vault.changes != under_way.changes:
        app.backup = None
        raise errors.Cancelled("the accounts were changed: begin the backup anew")
    if index == under_way.next - 1:
        return {"sealed": under_way.last}
    sender = under_way.sender
    if index != under_way.next or sender is None:
        raise BadValue("index", "the pages come one after the other, once each")
    app.backup = None  # Should sealing fail, its number must not be used for another page.
    under_way.last = sender.seal(b"", _text(app, index).encode("utf-8"))
    under_way.next = index + 1
    under_way.until_ms = now_ms + IDLE_MS
    app.backup = under_way
    if under_way.next == under_way.total:
        under_way.sender = None  # The last page may be asked for again as it is; no other is sealed.
        app.unload("tokencore.hpke", "tokencore.chacha", "tokencore.otpauth", "tokencore.base32", __name__)
    return {"sealed": under_way.last}


def _text(app: "App", index: int) -> str:
    try:
        account = app.vault.account(index)
    except AccountDamaged:
        return ""
    text = otpauth.build(account)
    return text if account.typing == TYPED else text + "\ntyping=" + account.typing
