"""The command `host-verify export`: seeds out, encrypted, for another verifier."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import click

from .audit import Entry
from .core import Status
from .errors import NotDone
from .placing import exists, placed
from .seeds import Secret, container
from .service import user_name
from .session import Session
from .store import Store


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--pskc", "form", flag_value="pskc", required=True, help="As PSKC (RFC 6030), encrypted.")
@click.option("--user", help="Only this user's tokens.")
@click.option("--pre-shared-key", is_flag=True, help="Under a key of 32 hexadecimal digits, not a password.")
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Holds the password or the key; else it is asked for.",
)
@click.pass_obj
def export_seeds(
    session: Session, file: Path, form: str, user: str | None, pre_shared_key: bool, secret_file: Path | None
) -> None:
    """Write the seeds of all tokens that are not revoked to FILE, encrypted, for another verifier.

    Whoever has the file and the password has the tokens. It is a new file, readable by you alone; give the
    password on a prompt, or as the first line of standard input.
    """
    secret = Secret(secret_file, confirm=True)
    with session.open() as store:
        if os.path.lexists(file):
            raise exists(file)
        what = "the export"
        key = (
            container.shared(secret.key(what))
            if pre_shared_key
            else container.of_password(secret.password(what))
        )
        count, digest = _write(store, file, key, None if user is None else user_name(user), session)
    session.tell(
        {"file": str(file), "form": form, "tokens": count, "sha256": digest},
        f"{file} holds {count} {'token' if count == 1 else 'tokens'}, encrypted; keep its key elsewhere",
    )


def _write(
    store: Store, file: Path, key: container.Key, user: str | None, session: Session
) -> tuple[int, str]:
    """Make the file, wholly or not at all, once the audit has it; return how many tokens, and its digest."""
    count = 0
    digest = hashlib.sha256()

    def given() -> Iterator[container.Given]:
        nonlocal count
        for token in store.tokens(user):
            if token.state.status is not Status.REVOKED:
                count += 1
                yield container.Given(token.id, store.account(token), token.user, token.serial)

    with placed(file) as draft:
        with draft.open("wb") as output:
            for piece in container.write(given(), key):
                digest.update(piece)
                output.write(piece)
        entry = Entry(
            int(time.time()),
            session.actor,
            "export",
            f"{count} tokens to PSKC {digest.hexdigest()[:16]}",
            user,
        )
        if not store.write(lambda _: True, (entry,)):
            raise NotDone("the export could not be put into the audit, so it was not made: try again")
    return count, digest.hexdigest()
