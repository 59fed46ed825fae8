"""What every page is made with."""

from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response

from ...policy import Policy
from ...store import Store
from ..parts import Parts
from .gate import Gate, Visit
from .rendering import Pages
from .surveys import Surveys


@dataclass(frozen=True, slots=True)
class Site:
    """The pages of one worker: what it shares with the other doors, and its own parts."""

    parts: Parts
    pages: Pages
    gate: Gate
    surveys: Surveys

    @property
    def store(self) -> Store:
        """The worker's store."""
        return self.parts.store

    @property
    def policy(self) -> Policy:
        """The rules that codes are judged by."""
        return self.parts.settings.policy

    def show(self, visit: Visit, template: str, here: str, status: int = 200, **values: Any) -> Response:
        """Return a page for an operator."""
        return self.pages.page(
            template, here, visit.mark, status, operator=visit.operator, utc=visit.utc, **values
        )
