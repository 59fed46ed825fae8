"""What hosts change in the list of accounts: loaded when one does."""

from tokencore.account import Account
from tokencore.errors import AccountExists, BadValue, StoreFailed, StoreFull

from .device import FIRST
from .vault import ALTERED, changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .vault import Vault


def add_all(vault: "Vault", accounts: "Iterable[Account]") -> None:
    """Add accounts; see Vault.add_all."""
    vault.check()
    tidy(vault)
    order, generations = vault.order[:], vault.generations
    try:
        for account in accounts:
            if vault.position_of(order, account.issuer, account.name) >= 0:
                raise AccountExists("an account of this issuer and name exists: rename or remove it first")
            free = [place for place in range(FIRST, FIRST + vault.capacity) if place not in order]
            if not free:
                raise StoreFull("all %d places are taken: remove an account first" % vault.capacity)
            generation = vault.known(free[0]) + 1
            vault.write(free[0], account, generation)
            order.append(free[0])
            generations = changed(generations, free[0], generation)
        vault.commit(order, generations)
    except (AccountExists, StoreFull):
        for place in order[len(vault.order) :]:
            vault.store.erase(place)
        raise


def rename(vault: "Vault", position: int, issuer: str, name: str) -> None:
    """Rename an account; see Vault.rename."""
    vault.check()
    other = vault.position_of(vault.order, issuer, name)
    if other >= 0 and other != position:
        raise AccountExists("an account of this issuer and name exists: choose another name")
    vault.update(position, issuer=issuer, name=name)


def move(vault: "Vault", position: int, target: int) -> None:
    """Move an account; see Vault.move."""
    vault.check()
    if not 0 <= target < len(vault.order):
        raise BadValue("position", "the list has positions 1 to %d" % len(vault.order))
    order = vault.order[:]
    place = order.pop(position)
    vault.commit(order[:target] + [place] + order[target:], vault.generations)


def remove(vault: "Vault", position: int) -> None:
    """Remove an account; see Vault.remove."""
    from . import scrubbing  # noqa: F401 - while nothing has changed: memory may be too short for it

    vault.check()
    order = vault.order[:]
    place = order.pop(position)
    vault.commit(order, vault.generations)
    vault.store.erase(place)


def tidy(vault: "Vault") -> None:
    """Overwrite what an add or a remove has left that was cut short beside its commit."""
    left = [place for place in vault.store.used() if place >= FIRST and place not in vault.order]
    if len([place for place in left if _is_newer(vault, place)]) > 1:
        raise StoreFailed(ALTERED)  # It is the directory that is from another time.
    for place in left:
        vault.store.erase(place)


def _is_newer(vault: "Vault", place: int) -> bool:
    try:
        return vault.under_key.open(place, vault.read(place))[0] != vault.known(place)
    except StoreFailed:
        return False
