"""The list of accounts on a screen; loaded when one is first looked at."""

import displayio

from . import fonts
from .tiles import Line, box, hide, ink, paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokenfw.views import View

    from .renderer import Renderer


class Listing:
    """The list: the chosen row inverse, and a mark at the right for where in the list it is."""

    def __init__(self, screen: "Renderer", root: "displayio.Group", sheet: "displayio.Bitmap") -> None:
        self._screen = screen
        self._group = displayio.Group()
        self._plain = ink(screen.bright, screen.paper)
        self._chosen = ink(screen.paper, screen.accent)
        room = screen.width - screen.scroll - 3
        text = displayio.Group(scale=screen.scale)
        self._group.append(text)
        columns = room // (fonts.WIDTH * screen.scale)
        self._lines = [Line(text, sheet, self._plain, columns) for _ in range(screen.rows)]
        height = screen.rows * screen.pitch
        self._track = box(screen.dim, screen.width - screen.scroll // 2 - 1, screen.list_y, 1, height)
        self._group.append(self._track)
        self._mark = box(screen.dim, screen.width - screen.scroll, screen.list_y, screen.scroll, 1)
        self._group.append(self._mark)
        root.append(self._group)

    def draw(self, view: "View", shown: bool) -> None:
        hide(self._group, not shown)
        if not shown:
            return
        screen = self._screen
        scale = screen.scale
        above = (screen.pitch - fonts.HEIGHT * scale + 1) // 2 + scale - 1  # rounded up to its grid
        for number, line in enumerate(self._lines):
            y = screen.list_y + number * screen.pitch + above
            # A blank before it, for the chosen row's rim; all its columns have the rim's colour.
            text = " " + view.rows[number] if number < len(view.rows) else ""
            line.write(text, 0, y // scale)
            shader = self._chosen if number == view.row else self._plain
            paint(line.grid, shader)
        self._draw_mark(view.corner.lstrip("!"))

    def _draw_mark(self, corner: str) -> None:
        """The corner says which of how many is chosen: 7/100."""
        position, _, count = corner.partition("/")
        scrolls = position.isdigit() and count.isdigit() and int(count) > self._screen.rows
        hide(self._mark, not scrolls)
        hide(self._track, not scrolls)
        if not scrolls:
            return
        track = self._screen.rows * self._screen.pitch
        height = max(8, track * self._screen.rows // int(count))
        if self._mark.height != height:
            self._mark.height = height
        y = self._screen.list_y + (track - height) * (int(position) - 1) // (int(count) - 1)
        if self._mark.y != y:
            self._mark.y = y
