"""E-paper of 296 x 128 pixels: it keeps its picture without power, and takes seconds to change."""

from .renderer import Renderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokenfw.views import View


class PaperScreen(Renderer):
    """A picture that the display cannot take yet is pending: show it again.

    The Badger's waveform drives each pixel to both ends in every refresh, so nothing is left of old pictures.
    """

    still = True
    scale = 2
    margin = 4
    digits = ("digits-34x44", "digits-30x44")
    code_height = 44
    subtitle_y, code_y, below_y, small_y, list_y = 24, 49, 93, 104, 24
    scroll, rows, pitch = 5, 4, 26
    paper = 0xFFFFFF
    bright = dim = accent = late = alarm = 0x000000

    @property
    def busy(self) -> bool:
        return bool(self._display.busy)

    def show(self, view: "View") -> None:
        self._draw(view)
        self.pending = self._display.busy or self._display.time_to_refresh > 0
        if not self.pending:
            try:
                self._display.refresh()
            except RuntimeError:  # too soon after all
                self.pending = True

    def light(self, level: int) -> None:
        """It has no light."""
