"""What a page is asked in the browser: colours and contrast, what a screen reader is told, what sticks out.

The scripts run beside the page, over the DevTools protocol; the page itself runs none.
"""

CONTRAST = """
(() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => {
    v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0.99) return c; }
    return [255, 255, 255, 1]; };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    if (!e.checkVisibility() || e.closest('title')) continue;
    const style = getComputedStyle(e);
    const ink = parse(e.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x);
    found.push([Math.round((a + 0.05) / (b + 0.05) * 100) / 100, e.textContent.trim().slice(0, 40)]);
  }
  return found.sort((x, y) => x[0] - y[0]);
})()
"""

STICKING_OUT = """
(() => { const width = document.documentElement.clientWidth;
  return [...document.querySelectorAll('body *')].filter(e => e.checkVisibility()
    && !e.closest('.unseen, .skip, svg') && (e.getBoundingClientRect().right > width + 0.5
    || e.getBoundingClientRect().left < -0.5)).map(e => e.outerHTML.slice(0, 80)); })()
"""

SMALL = """
[...document.querySelectorAll('button, input:not([type=hidden]), select, summary, nav a, .tile a')]
  .filter(e => e.checkVisibility()).map(e => [e.getBoundingClientRect().height, e.outerHTML.slice(0, 60)])
  .filter(([height]) => height < 24)
"""

GROUND = "getComputedStyle(document.body).backgroundColor"

FOCUSED = "(e => e.outerHTML.slice(0, 120))(document.activeElement)"

RING = """
(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)(getComputedStyle(document.activeElement))
"""


def tree(browser):
    """What a screen reader is told: (role, name, properties) of everything that is not passed over."""
    nodes = browser("Accessibility.getFullAXTree")["nodes"]
    return [
        (
            node["role"]["value"],
            node.get("name", {}).get("value", ""),
            {each["name"]: each["value"].get("value") for each in node.get("properties", ())},
        )
        for node in nodes
        if not node["ignored"]
    ]
