"""No display: loaded where there is none that can be used."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokenfw.views import View


class NoDisplay:
    """Stands for a display that cannot be used: the desk is told, codes go over the wire."""

    bar_width = 128
    rows = 4
    still = pending = busy = False

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def show(self, view: "View") -> None:
        pass

    def light(self, level: int) -> None:
        pass
