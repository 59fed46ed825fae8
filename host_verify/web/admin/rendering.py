"""Templates to pages, and the headers under which a browser shows them: nothing from elsewhere, no script."""

import hashlib
from dataclasses import dataclass
from functools import partial
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from . import texts

_HERE = files(__package__)
_KINDS = {"admin.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_KEPT_NOWHERE = {"Cache-Control": "no-store"}
_KEPT_LONG = {"Cache-Control": "public, max-age=31536000, immutable"}


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence above a page: kind is "good" or "bad"."""

    kind: str
    text: str


class Pages:
    """Renders the templates; one for each worker."""

    def __init__(self) -> None:
        self._static = {name: _HERE.joinpath("static", name).read_bytes() for name in _KINDS}
        # Text that is to stand in HTML is escaped, but for what a function made as markup.
        self._templates = Environment(
            loader=PackageLoader(__package__),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in ("clock", "day", "iso", "second"):
            self._templates.filters[name] = getattr(texts, name)
        digest = hashlib.sha256(self._static["admin.css"]).hexdigest()[:12]
        self._templates.globals["sheet"] = f"/admin/static/admin.css?{digest}"

    def page(
        self,
        template: str,
        here: str,
        mark: str = "",
        status: int = 200,
        headers: dict[str, str] | None = None,
        **values: object,
    ) -> HTMLResponse:
        """Return a page. `here` is its place in the navigation; `mark` goes into each of its forms."""
        common: dict[str, object] = {
            "here": here,
            "operator": None,
            "notice": None,
            "utc": None,
            "mark": partial(_hidden, mark),
        }
        text = self._templates.get_template(template).render(common | values)
        return HTMLResponse(text, status, HEADERS | _KEPT_NOWHERE | (headers or {}))

    def static(self, name: str) -> Response | None:
        """Return the style sheet or the picture of that name, or None."""
        if name not in _KINDS:
            return None
        return Response(self._static[name], headers=HEADERS | _KEPT_LONG, media_type=_KINDS[name])


def _hidden(mark: str) -> Markup:
    return Markup('<input type="hidden" name="mark" value="{}">').format(mark)
