"""Chooses what stands on the display: the first that holds, from what is most urgent to the account."""

from tokencore.errors import ClockFailed, ClockNotSet

from . import views
from .light import OFF, Light
from .texts import Texts
from .views import QUESTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.account import Account

    from .app import App
    from .codes import Codes
    from .parts import Battery, Display
    from .question import Question
    from .views import View

ERASE_MS = 5000  # how long confirm is held to erase everything
HOTP_MS = 30000  # how long a counter-based code stays on the screen
LOW_PERCENT = 10
_LOW_MS = 3000  # how long the low battery is told at each waking
_MEASURE_MS = 30000  # between two looks at the battery
SET_BACK_S = 2  # A step back that is smaller shows nothing anew that matters.
ASK_MS = 300  # nobody reads a question and presses sooner: such a press was meant for something else


class Screen:
    """What `app` shows on `display`; `light` says how bright it is, and while it is off nothing is drawn."""

    def __init__(
        self, display: "Display", texts: Texts, light: Light, battery: "Battery | None", mark: str
    ) -> None:
        self.display = display
        self.light = light
        self.views = views.Views(texts, display.bar_width, display.still, mark)
        self.edge_ms = 0  # the tick at which the time step on the screen ends
        self._battery = battery
        self._measure_ms: int | None = None
        self._low_until_ms: int | None = None  # while not None and to come, the low battery is told
        self._level = light.level
        self._view: View | None = None
        self.answerable: Question | None = None  # the one that a press from now on may answer
        self._asked: Question | None = None
        self._asked_ms: int | None = None  # the tick at which it could be read
        self._noted = -1  # the time step whose code has been told to the vault
        self._doubt = (0, 0)  # a still display's time step, and the clock's doubt at its beginning

    def touch(self, now_ms: int) -> bool:
        """Somebody wants to see something. Return whether one could already."""
        seen = self.light.touch(now_ms)
        if not seen:
            self._measure_ms = None
        return seen

    def step(self, app: "App", now_ms: int) -> None:
        """Draw what has changed."""
        self.light.step(now_ms)
        if self.light.level != self._level:
            self._level = self.light.level
            if self._level == OFF:
                self._view = None
            self.display.light(self._level)
        if self._level != OFF:
            self._measure(now_ms)
            self.draw(self._look(app, now_ms))
            self._wait_for_reading(app, now_ms)

    def _wait_for_reading(self, app: "App", now_ms: int) -> None:
        """Make a question answerable once it has stood on the display for ASK_MS.

        A host could otherwise have it answered by a press that was meant for what stood there before.
        """
        question = app.question
        if question is not self._asked:
            self._asked, self._asked_ms, self.answerable = question, None, None
        if question is not None and self._asked_ms is None:
            shown = self._view is not None and self._view.screen in QUESTIONS
            if shown and not (self.display.busy or self.display.pending):
                # Not the next step: computing a code may put that off by most of ASK_MS.
                self._asked_ms = app.ticks(now_ms)
        elif self._asked_ms is not None and now_ms - self._asked_ms >= ASK_MS:
            self.answerable = question

    def draw(self, view: "View") -> None:
        """Put `view` on the display, where it is another one or the display was busy."""
        if view != self._view or self.display.pending:
            self.display.show(view)
            self._view = view

    def dismiss(self) -> None:
        """Somebody has seen that the battery is low."""
        self._low_until_ms = None

    def _measure(self, now_ms: int) -> None:
        if self._battery is None or (self._measure_ms is not None and now_ms < self._measure_ms):
            return
        waking = self._measure_ms is None
        self._measure_ms = now_ms + _MEASURE_MS
        before, percent = self.views.battery, self._battery.percent()
        if self.display.still and percent >= 0:
            percent = (percent + 4) // 5 * 5  # or its sign would be all that is drawn anew
        self.views.battery = percent
        if 0 <= percent <= LOW_PERCENT and (waking or not 0 <= before <= LOW_PERCENT):
            self._low_until_ms = now_ms + _LOW_MS

    def _look(self, app: "App", now_ms: int) -> "View":
        make = self.views
        if app.drive_open:
            return make.plain("maintenance")
        if app.mode == "erase":
            return make.erase(app.held_ms, ERASE_MS)
        if app.mode == "open":
            return make.plain("open")
        if app.mode == "erased":
            from . import pinviews

            return pinviews.erased(make)
        question = app.question
        if question:
            from . import asking  # Hardly ever needed, and it takes memory.

            return asking.look(make, question, app.due_ms - now_ms)
        if app.failure:
            return make.failure(app.failure)
        if app.vault.fault:
            return make.plain("fault")
        if self._low_until_ms is not None and now_ms < self._low_until_ms:
            return make.low_battery()
        if app.vault.locked:
            return app.guard.pad.look(make, now_ms) if app.guard.pad else make.plain("locked")
        if not len(app.vault):
            return make.plain("first" if app.vault.owner else "unpaired")
        if app.picker:
            rows, row = app.picker.rows()
            return make.accounts(views.corner(app.picker.position, len(app.vault)), rows, row)
        place = views.corner(app.position, len(app.vault))
        if app.account is None or app.codes is None:
            return make.damaged(place)
        # The computer shows what is typed before a still display could say so.
        if app.typist and app.typist.account is app.account and not self.display.still:
            return make.typing(app.account, place, app.typist.typed)
        if app.account.kind == "hotp":
            return self._look_at_hotp(app, app.account, place, now_ms)
        return self._look_at_totp(app, app.account, app.codes, place, now_ms)

    def _look_at_hotp(self, app: "App", account: "Account", place: str, now_ms: int) -> "View":
        code, until_ms = app.hotp
        if code and now_ms < until_ms:
            return self.views.hotp(account, place, code, until_ms - now_ms, HOTP_MS)
        app.hotp = ("", 0)
        return self.views.account("hotp_idle", account, place)

    def _look_at_totp(
        self, app: "App", account: "Account", codes: "Codes", place: str, now_ms: int
    ) -> "View":
        try:
            step, left_ms = app.time_step(account, now_ms)
        except ClockFailed:
            return self.views.account("clock_failed", account, place)
        except ClockNotSet:
            return self.views.account("clock_not_set", account, place)
        self.edge_ms = now_ms + left_ms
        utc = app.clock.utc_ms(now_ms) // 1000
        if step != self._noted:
            self._noted = step
            app.vault.note_shown(utc)
        still = self.display.still
        early = still or left_ms <= 2 * views.NEXT_MS  # SHA-512 takes a board a while: it begins before
        pair = (codes.code(step), codes.code(step + 1) if early else "")
        doubt_s = views.doubt_s(app.clock.bound_ms(now_ms))
        if still:
            if self._doubt[0] != step:
                self._doubt = (step, doubt_s)
            doubt_s = self._doubt[1]
        set_back = app.vault.shown_utc - utc > SET_BACK_S
        return self.views.totp(account, place, pair, step, left_ms, doubt_s, set_back)
