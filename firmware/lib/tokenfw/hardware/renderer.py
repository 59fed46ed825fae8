"""Draws a View with TileGrids: what all classes of displays share. A class says where."""

import displayio
import vectorio

from tokenfw import letters

from . import fonts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tokenfw.views import View

# What stands beside a message, by the view's screen.
_SIGNS = {
    "first": "plus",
    "hotp_idle": "press",
    "question": "question",
    "typing": "keyboard",
    "clock_not_set": "clock",
    "clock_failed": "clock",
    "locked": "lock",
    "erase": "warning",
    "maintenance": "open",
    "low_battery": "battery",
    "failure": "warning",
    "fault": "warning",
    "open": "open",
}
_ALARMING = ("erase", "low_battery", "failure", "fault", "clock_failed")
_BLANK = fonts.DIGITS - 1


def ink(colour: int, paper: int = 0) -> "displayio.Palette":
    """Return the palette of a bitmap with two values."""
    palette = displayio.Palette(2)
    palette[0], palette[1] = paper, colour
    return palette


class Line:
    """One line of small letters."""

    def __init__(
        self, group: "displayio.Group", sheet: "displayio.Bitmap", palette: "displayio.Palette", columns: int
    ) -> None:
        self.columns = columns
        self.text = ""
        self.grid = displayio.TileGrid(
            sheet,
            pixel_shader=palette,
            width=columns,
            height=1,
            tile_width=fonts.WIDTH,
            tile_height=fonts.HEIGHT,
        )
        self.grid.hidden = True
        group.append(self.grid)

    def write(self, text: str, x: int, y: int, columns: int = 0) -> None:
        """Put `text` at (x, y), cut to `columns`, if given, or to what the line has."""
        grid = self.grid
        text = letters.fit(text, columns or self.columns)
        if grid.x != x:
            grid.x = x
        if grid.y != y:
            grid.y = y
        if text == self.text:
            return
        length, before = len(text), len(self.text)
        for place in range(max(length, before)):
            grid[place] = letters.tile(text[place]) if place < length else 0
        self.text = text
        grid.hidden = not text


class Digits:
    """A code in two groups of `each` digits."""

    def __init__(self, group: "displayio.Group", name: str, palette: "displayio.Palette", each: int) -> None:
        sheet = fonts.read(name)
        self._cell = sheet.width // fonts.DIGITS
        self._each = each
        self.grids = [
            displayio.TileGrid(
                sheet,
                pixel_shader=palette,
                width=each,
                height=1,
                tile_width=self._cell,
                tile_height=sheet.height,
                default_tile=_BLANK,
            )
            for _ in range(2)
        ]
        for grid in self.grids:
            group.append(grid)

    def write(self, parts: "list[str]", width: int, y: int) -> None:
        """Put the digits of `parts` in the middle of `width` pixels."""
        gap = self._cell // 2
        x = (width - self._cell * (len(parts[0]) + len(parts[-1])) - gap) // 2 + self._cell // 12
        for grid, part in zip(self.grids, parts):
            grid.hidden = False
            if grid.x != x or grid.y != y:
                grid.x, grid.y = x, y
            for place in range(self._each):
                character = part[place : place + 1]
                tile = ord(character) - 0x30 if "0" <= character <= "9" else _BLANK
                if grid[place] != tile:
                    grid[place] = tile
            x += self._cell * len(part) + gap

    def hide(self) -> None:
        for grid in self.grids:
            grid.hidden = True


class Renderer:
    """A renderer. Its places are in pixels; those of letters are multiples of `scale`."""

    fault = ""
    still = False

    # A class of displays has its own:
    scale = 1  # of letters and signs
    margin = 0
    digits = ("", "")  # sheets for groups of up to three digits, and of four
    code_height = 24
    subtitle_y = code_y = bar_y = small_y = list_y = 0
    bar_height = 2
    scroll = 2  # how wide the mark beside a list is
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
            root.append(_box(self.paper, 0, 0, display.width, display.height))
        top = displayio.Group(scale=self.scale)
        root.append(top)
        self._body = displayio.Group()
        root.append(self._body)
        small = displayio.Group(scale=self.scale)
        self._body.append(small)
        self._root = root
        self._list: Rows | None = None
        self._title = self._line(top, self.bright, self._columns)
        self._corner = self._line(top, self.dim, 7)
        self._battery = self._line(top, self.dim, 2)
        self._subtitle = self._line(small, self.dim, self._columns)
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
        self._body.hidden = listing
        if listing and self._list is None:
            self._list = Rows(self)
        if self._list is not None:
            self._list.draw(view, listing)
        if listing:
            return
        late = 0 <= view.bar * 6 <= self.bar_width and view.screen in ("totp", "hotp")
        self._draw_code(view.code, self.late if late else self.bright)
        self._draw_message(view.message, view.screen, self.code_y if view.subtitle else self.subtitle_y)
        self._draw_bar(view.bar, self.late if late else self.accent)
        self._subtitle.write(view.subtitle, *self._place(self.subtitle_y))
        warning = late or "±" in view.small
        self._small.grid.pixel_shader = self._ink(self.late if warning else self.dim)
        x = (self.width // self.scale - fonts.WIDTH * min(len(view.small), self._columns)) // 2
        self._small.write(view.small, x, self.small_y // self.scale)

    def _draw_top(self, view: "View") -> None:
        right = (self.width - self.margin) // self.scale
        sign = letters.battery(view.battery) if view.battery >= 0 else ""
        if sign:
            low = view.battery < letters.LOW
            self._battery.grid.pixel_shader = self._ink(self.alarm if low else self.dim)
            right -= 2 * fonts.WIDTH
        self._battery.write(sign, right, 0)
        if sign:
            right -= fonts.WIDTH // 2
        right -= fonts.WIDTH * len(view.corner)
        self._corner.write(view.corner, right, 0)
        x, _ = self._place(0)
        self._title.write(view.title, x, 0, (right - x - 1) // fonts.WIDTH if sign or view.corner else 0)

    def _draw_code(self, code: str, colour: int) -> None:
        parts = code.split(" ")[:2]
        each = max(3, min(4, max([len(part) for part in parts])))
        if code and each not in self._code:
            self._code[each] = Digits(self._body, self.digits[each - 3], self._code_ink, each)
        for size, digits in self._code.items():
            if code and size == each:
                digits.write(parts, self.width, self.code_y)
            else:
                digits.hide()
        for shade in range(self.shades):
            mixed = _mix(self.paper, colour, shade, self.shades - 1)
            if self._code_ink[shade] != mixed:
                self._code_ink[shade] = mixed

    def _draw_message(self, message: str, screen: str, top: int) -> None:
        sign = _SIGNS.get(screen, "") if message else ""
        height = self.code_y + self.code_height - top
        room = min(height // (fonts.HEIGHT * self.scale), len(self._messages))
        beside = fonts.SIGN + fonts.WIDTH
        width = self.width // self.scale
        columns = self._columns
        self._sign.hidden = True
        if sign:
            narrow = (self.bar_width // self.scale - beside) // fonts.WIDTH
            lines = letters.wrap(message, narrow, room)
            if not lines[-1].endswith(letters.ELLIPSIS):
                columns = narrow
        lines = letters.wrap(message, columns, room)
        length = max([len(line) for line in lines]) if lines else 0
        x = (width - fonts.WIDTH * length) // 2
        middle = (top + height // 2) // self.scale
        if sign and columns < self._columns:
            x = (width - fonts.WIDTH * length - beside) // 2
            self._sign[0] = fonts.SIGNS.index(sign)
            self._sign.x, self._sign.y = x, middle - fonts.SIGN // 2
            self._sign_ink[1] = self.alarm if screen in _ALARMING else self.accent
            self._sign.hidden = False
            x += beside
        y = middle - fonts.HEIGHT * len(lines) // 2
        for number, line in enumerate(self._messages):
            text = lines[number] if number < len(lines) else ""
            line.write(text, x if sign else (width - fonts.WIDTH * len(text)) // 2, y)
            y += fonts.HEIGHT

    def _draw_bar(self, length: int, colour: int) -> None:
        if self._track is not None:
            self._track.hidden = length < 0
        self._bar.hidden = length < 1
        if length >= 1 and self._bar.width != length:
            self._bar.width = min(length, self.bar_width)
        if self._bar.pixel_shader[0] != colour:
            self._bar.pixel_shader[0] = colour

    def _place(self, y: int) -> "tuple[int, int]":
        return self.margin // self.scale, y // self.scale

    def _ink(self, colour: int) -> "displayio.Palette":
        if colour not in self._inks:
            self._inks[colour] = ink(colour, self.paper)
        return self._inks[colour]

    def _line(self, group: "displayio.Group", colour: int, columns: int) -> Line:
        return Line(group, self._sheet, self._ink(colour), columns)

    def _body_box(self, colour: int, width: int) -> "Any":
        box = _box(colour, self.margin, self.bar_y, width, self.bar_height)
        box.hidden = True
        self._body.append(box)
        return box


class Rows:
    """The list: the chosen row inverse, and a mark at the right for where in the list it is."""

    def __init__(self, screen: Renderer) -> None:
        self._screen = screen
        self._group = displayio.Group()
        self._plain = ink(screen.bright, screen.paper)
        self._chosen = ink(screen.paper, screen.accent)
        room = screen.width - screen.scroll - 2
        self._box = _box(screen.accent, 0, 0, room, screen.pitch - 1)
        self._group.append(self._box)
        text = displayio.Group(scale=screen.scale)
        self._group.append(text)
        columns = (room - max(screen.margin, 2)) // (fonts.WIDTH * screen.scale)
        self._lines = [Line(text, screen._sheet, self._plain, columns) for _ in range(screen.rows)]
        self._mark = _box(screen.dim, screen.width - screen.scroll, screen.list_y, screen.scroll, 1)
        self._group.append(self._mark)
        screen._root.append(self._group)

    def draw(self, view: "View", shown: bool) -> None:
        self._group.hidden = not shown
        if not shown:
            return
        screen = self._screen
        above = (screen.pitch - fonts.HEIGHT * screen.scale + 1) // 2
        for number, line in enumerate(self._lines):
            y = screen.list_y + number * screen.pitch + above
            text = view.rows[number] if number < len(view.rows) else ""
            line.write(text, max(screen.margin // screen.scale, 2), y // screen.scale)
            shader = self._chosen if number == view.row else self._plain
            if line.grid.pixel_shader != shader:
                line.grid.pixel_shader = shader
        self._box.y = screen.list_y + view.row * screen.pitch + 1
        self._box.hidden = not view.rows
        self._draw_mark(view.corner)

    def _draw_mark(self, corner: str) -> None:
        """The corner says which of how many is chosen: 7/100."""
        position, _, count = corner.partition("/")
        self._mark.hidden = not (position.isdigit() and count.isdigit() and int(count) > self._screen.rows)
        if self._mark.hidden:
            return
        track = self._screen.rows * self._screen.pitch
        height = max(4, track * self._screen.rows // int(count))
        if self._mark.height != height:
            self._mark.height = height
        self._mark.y = self._screen.list_y + (track - height) * (int(position) - 1) // (int(count) - 1)


def _box(colour: int, x: int, y: int, width: int, height: int) -> "vectorio.Rectangle":
    palette = displayio.Palette(1)
    palette[0] = colour
    return vectorio.Rectangle(pixel_shader=palette, x=x, y=y, width=width, height=height)


def _mix(paper: int, colour: int, part: int, whole: int) -> int:
    """Return a colour `part` of `whole` of the way from `paper` to `colour`."""
    mixed = 0
    for shift in (16, 8, 0):
        low, high = paper >> shift & 0xFF, colour >> shift & 0xFF
        mixed |= low + (high - low) * part // whole << shift
    return mixed
