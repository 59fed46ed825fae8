"""Draws a View with TileGrids: what all classes of displays share. A class says where."""

import displayio

from tokenfw import letters

from . import fonts
from .tiles import Digits, Line, box, hide, ink, mix, paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tokenfw.views import View

# What stands beside a message, by the view's screen.
_SIGNS = {
    "unpaired": "link",
    "first": "plus",
    "hotp_idle": "press",
    "question": "question",
    "grave": "warning",
    "typing": "keyboard",
    "clock_not_set": "clock",
    "clock_failed": "clock",
    "locked": "lock",
    "unlocking": "lock",
    "pin_wait": "clock",
    "pin_last": "warning",
    "pin_erased": "warning",
    "erase": "warning",
    "maintenance": "open",
    "low_battery": "battery",
    "failure": "warning",
    "fault": "warning",
    "open": "open",
}
_ALARMING = ("erase", "low_battery", "failure", "fault", "clock_failed", "open", "pin_last", "pin_erased")
_URGENT = ("clock_not_set", "locked", "maintenance", "grave", "pin_wait", "unlocking")


class Renderer:
    """A renderer. Its places are in pixels; those of letters are multiples of `scale`."""

    fault = ""
    still = pending = False

    # A class of displays has its own:
    scale = 1  # of letters and signs
    margin = 0
    digits = ("", "")  # sheets for groups of up to three digits, and of four
    code_height = 24
    subtitle_y = code_y = below_y = bar_y = small_y = list_y = 0
    bar_height = 2
    scroll = 3  # how wide the mark beside a list is
    rows = 4
    pitch = 13  # from one row of a list to the next
    paper = 0x000000
    bright = dim = accent = late = alarm = 0xFFFFFF
    track: "int | None" = None  # the colour of the bar's whole length, if it is to be seen
    shades = 2

    def __init__(self, display: "Any") -> None:
        self._display = display
        self.width = display.width
        self.bar_width = display.width - 2 * self.margin
        self._sheet = fonts.letters()
        self._columns = self.bar_width // (fonts.WIDTH * self.scale)
        self._inks = {colour: ink(colour, self.paper) for colour in (self.bright, self.dim, self.accent)}
        root = displayio.Group()
        if self.paper:
            root.append(box(self.paper, 0, 0, display.width, display.height))
        top = displayio.Group(scale=self.scale)
        root.append(top)
        self._body = displayio.Group()
        root.append(self._body)
        small = displayio.Group(scale=self.scale)
        self._body.append(small)
        self._root = root
        self._list: Any = None
        self._title = self._line(top, self.bright, self._columns)
        self._corner = self._line(top, self.dim, 7)
        self._battery = self._line(top, self.dim, 2)
        self._subtitle = self._line(small, self.dim, self._columns)
        # Where a still display has the next code, in small.
        columns = self._columns * self.scale
        self._below = self._line(self._body, self.dim, columns) if self.still else None
        self._small = self._line(small, self.dim, self._columns)
        self._message_ink = ink(self.bright, self.paper)
        self._messages = [
            Line(small, self._sheet, self._message_ink, self._columns)
            for _ in range(1 + self.code_height // (fonts.HEIGHT * self.scale))
        ]
        self._sign_ink = ink(self.accent, self.paper)
        self._sign = displayio.TileGrid(
            fonts.read("icons"), pixel_shader=self._sign_ink, tile_width=fonts.SIGN, tile_height=fonts.SIGN
        )
        small.append(self._sign)
        self._code_ink = displayio.Palette(self.shades)
        self._code: dict[int, Digits] = {}
        self._track: Any = None
        if self.track is not None:
            self._track = self._body_box(self.track, self.bar_width)
        self._bar = self._body_box(self.accent, 1)
        display.root_group = root

    @property
    def busy(self) -> bool:
        """Whether the picture is still changing."""
        return False

    def show(self, view: "View") -> None:
        """Put `view` on the screen; what is too long for its place is cut."""
        self._draw(view)
        self._display.refresh()

    def light(self, level: int) -> None:
        """Be off (0), dim (1) or bright (2)."""
        raise NotImplementedError

    def _draw(self, view: "View") -> None:
        self._draw_top(view)
        listing = view.screen == "list"
        hide(self._body, listing)
        if listing and self._list is None:
            from .listing import Listing

            self._list = Listing(self, self._root, self._sheet)
        if self._list is not None:
            self._list.draw(view, listing)
        if listing:
            return
        late = 0 <= view.bar * 6 <= self.bar_width and view.screen in ("totp", "hotp")
        self._draw_code(view.code, self.late if late else self.bright)
        if self._below is not None:
            text = view.message if view.code else ""
            self._below.write(text, (self.width - fonts.WIDTH * len(text)) // 2, self.below_y)
        message = "" if view.code else view.message
        self._draw_message(message, view.screen, self.code_y if view.subtitle else self.subtitle_y)
        self._draw_bar(view.bar, self.late if late else self._colour(view.screen))
        self._subtitle.write(view.subtitle, self.margin // self.scale, self.subtitle_y // self.scale)
        doubtful = view.screen == "totp" and ("±" in view.small or "!" in view.small)
        colour = self.late if late or doubtful else self.bright if view.screen == "locked" else self.dim
        paint(self._small.grid, self._ink(colour))
        x = (self.width // self.scale - fonts.WIDTH * min(len(view.small), self._columns)) // 2
        self._small.write(view.small, x, self.small_y // self.scale)

    def _draw_top(self, view: "View") -> None:
        right = (self.width - self.margin) // self.scale
        sign = letters.battery(view.battery) if view.battery >= 0 else ""
        if sign:
            low = view.battery < letters.LOW
            paint(self._battery.grid, self._ink(self.alarm if low else self.dim))
            right -= 2 * fonts.WIDTH
        self._battery.write(sign, right, 0)
        if sign:
            right -= fonts.WIDTH // 2
        right -= fonts.WIDTH * len(view.corner)
        self._corner.write(view.corner, right, 0)
        x = self.margin // self.scale
        self._title.write(view.title, x, 0, (right - x) // fonts.WIDTH - 1 if sign or view.corner else 0)

    def _draw_code(self, code: str, colour: int) -> None:
        parts = (code + " ").split(" ")[:2]
        each = max(3, min(4, max([len(part) for part in parts])))
        if code and each not in self._code:
            self._code[each] = Digits(self._body, self.digits[each - 3], self._code_ink, each)
        for size, digits in self._code.items():
            if code and size == each:
                digits.write(parts, self.width, self.code_y)
            else:
                digits.hide()
        for shade in range(self.shades):
            mixed = mix(self.paper, colour, shade, self.shades - 1)
            if self._code_ink[shade] != mixed:
                self._code_ink[shade] = mixed

    def _draw_message(self, message: str, screen: str, top: int) -> None:
        sign = _SIGNS.get(screen, "") if message else ""
        height = self.code_y + self.code_height - top
        room = min(height // (fonts.HEIGHT * self.scale), len(self._messages))
        beside = fonts.SIGN + fonts.WIDTH
        width = self.width // self.scale
        columns = self._columns
        if sign:
            narrow = (self.bar_width // self.scale - beside) // fonts.WIDTH
            lines = letters.wrap(message, narrow, room)
            if not lines[-1].endswith(letters.ELLIPSIS):
                columns = narrow
        lines = letters.wrap(message, columns, room)
        length = max([len(line) for line in lines]) if lines else 0
        x = (width - fonts.WIDTH * length) // 2
        middle = (top + height // 2) // self.scale
        if columns < self._columns:
            x = (width - fonts.WIDTH * length - beside) // 2
            self._draw_sign(fonts.SIGNS.index(sign), x, middle - fonts.SIGN // 2, self._colour(screen))
            x += beside
        hide(self._sign, columns == self._columns)
        y = middle - fonts.HEIGHT * len(lines) // 2
        for number, line in enumerate(self._messages):
            text = lines[number] if number < len(lines) else ""
            line.write(text, x if sign else (width - fonts.WIDTH * len(text)) // 2, y)
            y += fonts.HEIGHT

    def _draw_sign(self, tile: int, x: int, y: int, colour: int) -> None:
        sign = self._sign
        if sign[0] != tile:
            sign[0] = tile
        if sign.x != x or sign.y != y:
            sign.x, sign.y = x, y
        if self._sign_ink[1] != colour:
            self._sign_ink[1] = colour

    def _draw_bar(self, length: int, colour: int) -> None:
        if self._track is not None:
            hide(self._track, length < 0)
        hide(self._bar, length < 1)
        if length >= 1 and self._bar.width != length:
            self._bar.width = min(length, self.bar_width)
        if self._bar.pixel_shader[0] != colour:
            self._bar.pixel_shader[0] = colour

    def _colour(self, screen: str) -> int:
        if screen in _ALARMING:
            return self.alarm
        return self.late if screen in _URGENT else self.accent

    def _ink(self, colour: int) -> "displayio.Palette":
        if colour not in self._inks:
            self._inks[colour] = ink(colour, self.paper)
        return self._inks[colour]

    def _line(self, group: "displayio.Group", colour: int, columns: int) -> Line:
        return Line(group, self._sheet, self._ink(colour), columns)

    def _body_box(self, colour: int, width: int) -> "Any":
        made = box(colour, self.margin, self.bar_y, width, self.bar_height)
        made.hidden = True
        self._body.append(made)
        return made
