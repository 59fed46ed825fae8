"""Makes docs/admin's pictures: `python -m tests.verifier.pictures docs/admin`."""

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from host_verify.database import file_place

from .chromium import DESK, PHONE, Browser
from .parts import new_store
from .showing import PASSWORD, Shown, fill, served

_LOOKS = {
    f"{width}-{scheme}": (size, scheme == "dark")
    for width, size in (("desktop", DESK), ("phone", PHONE))
    for scheme in ("light", "dark")
}


def make(folder: Path) -> list[Path]:
    """Draw the pages of a year-old store at both widths and in both schemes; return the files."""
    made = []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        place = file_place(new_store(work))
        ids = fill(place)
        shown = Shown(place)
        with served(shown) as url, Browser(work / "profile", url) as browser:
            browser.look(DESK)
            browser.go("/admin/sign-in")
            browser.wait_for("document.activeElement.id === 'user'")
            for word in ("petra", PASSWORD, shown.code("petra")):
                browser.write(word)
                browser.press("Tab")
            browser.events.clear()
            browser.press("Enter")
            browser.until("Page.loadEventFired")
            for page, path in (
                ("fleet", ""),
                ("token", f"tokens/{ids['anna']}"),
                ("logins", "logins?span=month"),
            ):
                for look, (size, dark) in _LOOKS.items():
                    browser.look(size, dark)
                    browser.go(f"/admin/{path}")
                    file = folder / f"{page}-{look}.png"
                    drawn = Image.open(BytesIO(browser.picture())).convert("RGB")
                    drawn = drawn.crop((0, 0, drawn.width, min(drawn.height, size[1] + 300)))
                    # A page has few colours: 160 of them make files of a half.
                    drawn.quantize(160, dither=Image.Dither.NONE).save(file, optimize=True)
                    made.append(file)
    return made


if __name__ == "__main__":
    for each in make(Path(sys.argv[1])):
        print(each, each.stat().st_size)
