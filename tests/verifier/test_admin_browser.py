"""The administrators' pages in Chromium: by keyboard, at both widths, in both schemes, and read aloud."""

import re
from importlib.resources import files
from importlib.util import find_spec

import pytest

from host_verify import audit
from host_verify.core import Status
from host_verify.database import file_place

from . import looking
from .chromium import DESK, PHONE, Browser, why_not
from .parts import new_store, open_store
from .showing import PASSWORD, Shown, fill, served

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "there is a Chromium")
LOOKS = [(size, dark) for size in (DESK, PHONE) for dark in (False, True)]


class Tour:
    """A browser before the pages, the store behind them, and the way in."""

    def __init__(self, browser, shown, ids):
        self.browser = browser
        self.shown = shown
        self.ids = ids

    def sign_in(self, user="petra"):
        """Sign in by the keyboard alone."""
        self.browser("Network.clearBrowserCookies")
        self.browser.go("/admin/sign-in")
        self.browser.wait_for("document.activeElement.id === 'user'")
        for word in (user, PASSWORD, self.shown.code(user)):
            self.browser.write(word)
            self.browser.press("Tab")
        self.enter()
        assert self.browser.run("location.pathname") == "/admin/"

    def enter(self):
        """Press Enter where that loads a page."""
        self.browser.events.clear()
        self.browser.press("Enter")
        self.browser.until("Page.loadEventFired")

    def tab_to(self, pattern, most=60):
        """Press Tab until what has the focus is like that."""
        for _ in range(most):
            self.browser.press("Tab")
            if re.search(pattern, self.browser.run(looking.FOCUSED)):
                assert self.browser.run(looking.RING), pattern
                return
        raise AssertionError(f"no way to {pattern} by the keyboard")

    @property
    def pages(self):
        return {
            "sign-in": "/admin/sign-in",
            "fleet": "/admin/",
            "tokens": "/admin/tokens",
            "token": f"/admin/tokens/{self.ids['anna']}",
            "clocks": "/admin/clocks",
            "logins": "/admin/logins",
            "audit": "/admin/audit",
            "problem": "/admin/tokens/ffffffff",
        }


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tour")
    place = file_place(new_store(folder))
    ids = fill(place)
    shown = Shown(place)
    with served(shown) as url, Browser(folder / "profile", url) as browser:
        browser.look(DESK)
        yield Tour(browser, shown, ids)


@pytest.fixture
def petra(tour):
    """Petra at a desk, signed in."""
    tour.browser.look(DESK)
    tour.browser.go("/admin/")
    if tour.browser.run("location.pathname") != "/admin/":
        tour.sign_in()
    return tour


def test_the_pages_are_whole_and_can_be_read_at_both_widths_and_in_both_schemes(petra):
    browser = petra.browser
    for name, path in petra.pages.items():
        browser.go(path)
        for size, dark in LOOKS:
            where = (name, size, dark)
            browser.look(size, dark)
            assert browser.run(looking.STICKING_OUT) == [], where
            assert browser.run("document.documentElement.scrollWidth") <= size[0], where
            ground = [int(part) for part in re.findall(r"\d+", browser.run(looking.GROUND))]
            assert max(ground) < 60 if dark else min(ground) > 200, where
            contrasts = browser.run(looking.CONTRAST)
            assert len(contrasts) > 5, where
            assert contrasts[0][0] >= 4.5, (where, contrasts[:3])
            if size is PHONE:
                assert browser.run(looking.SMALL) == [], where
            assert [each for each in browser.events if each.get("method") == "Log.entryAdded"] == []


def test_pictures_of_a_page_are_made_and_differ(petra, tmp_path):
    pictures = set()
    petra.browser.go("/admin/")
    for size, dark in LOOKS:
        petra.browser.look(size, dark)
        pictures.add(petra.browser.picture(tmp_path / "page.png"))
        assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    assert len(pictures) == len(LOOKS)


def test_a_screen_reader_finds_its_way(petra):
    for name, path in petra.pages.items():
        petra.browser.go(path)
        told = looking.tree(petra.browser)
        roles = [role for role, _, _ in told]
        assert roles.count("main") == roles.count("banner") == roles.count("contentinfo") == 1, name
        levels = [props["level"] for role, _, props in told if role == "heading"]
        assert levels.count(1) == 1, name
        assert levels[0] == 1, name
        assert max(levels) <= 2, name
        for role, said, _ in told:
            if role in ("textbox", "searchbox", "combobox", "button", "link", "image", "navigation", "Date"):
                assert said, (name, role)
        if "table" in roles:
            assert "columnheader" in roles, name
        if name == "token":
            plots = [said for role, said, _ in told if role == "image"]
            assert len(plots) == 1, "the plot of the other width is not read too"
            assert "accepted codes" in plots[0]
        if name not in ("sign-in", "problem"):
            assert ("navigation", "Pages") in [(role, said) for role, said, _ in told]


def test_axe_has_nothing_to_say(petra):
    packs = [name for name in ("axe_playwright_python", "axe_core_python") if find_spec(name)]
    if not packs:
        pytest.skip("no axe-core is installed: pip install axe-core-python")
    axe = files(packs[0]).joinpath("axe.min.js").read_text()
    for name, path in petra.pages.items():
        for size, dark in ((DESK, False), (PHONE, True)):
            petra.browser.look(size, dark)
            petra.browser.go(path)
            petra.browser.run(axe + "; 0")
            found = petra.browser.run("axe.run().then(said => said.violations.map(v => [v.id, v.help,"
                " v.nodes.map(n => n.html.slice(0, 200))]))")  # fmt: skip
            assert found == [], (name, size)


def test_the_first_tab_skips_to_the_content(petra):
    petra.browser.go("/admin/tokens")
    petra.browser.press("Tab")
    assert "Skip to the content" in petra.browser.run(looking.FOCUSED)
    assert petra.browser.run("document.activeElement.getBoundingClientRect().top") >= 0
    petra.browser.press("Enter")
    petra.browser.press("Tab")
    assert 'id="q"' in petra.browser.run(looking.FOCUSED)


def test_a_token_is_found_suspended_and_put_into_use_by_the_keyboard_alone(petra):
    browser = petra.browser
    browser.go("/admin/tokens")
    petra.tab_to('id="q"')
    browser.write("grace")
    petra.enter()
    petra.tab_to(petra.ids["grace"])
    petra.enter()
    for action, button, status in (
        ("Suspend", ">Suspend<", Status.SUSPENDED),
        ("Put into use again", ">Put into use<", Status.ACTIVE),
    ):
        petra.tab_to(f"<summary>{action}")
        browser.press("Enter")
        petra.tab_to(button)
        petra.enter()
        assert browser.run("document.querySelector('[role=status]').textContent")
        with open_store(petra.shown.place) as store:
            assert store.token(petra.ids["grace"]).state.status is status
            assert audit.latest(store, 1)[0].entry.actor.name == "petra"


def test_the_plot_is_also_a_table(petra):
    petra.browser.go(f"/admin/tokens/{petra.ids['anna']}")
    dots = petra.browser.run("document.querySelectorAll('.plot.wide .seen').length")
    rows = petra.browser.run("document.querySelectorAll('figure + details tbody tr').length")
    assert dots > 50
    assert rows == 100
    assert petra.browser.run("document.querySelector('figure + details').open") is False


def test_going_back_after_signing_out_shows_nothing(petra):
    browser = petra.browser
    browser.go("/admin/audit")
    petra.tab_to(">Sign out<")
    petra.enter()
    assert browser.run("location.pathname") == "/admin/sign-in"
    browser.events.clear()
    history = browser("Page.getNavigationHistory")
    earlier = history["entries"][history["currentIndex"] - 1]["id"]
    browser("Page.navigateToHistoryEntry", entryId=earlier)
    browser.until("Page.loadEventFired")
    assert browser.run("location.pathname") == "/admin/sign-in"
    assert "anna" not in browser.run("document.body.textContent")
