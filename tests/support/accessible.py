"""axe-core over real pages: WCAG 2.2 AA, no violation. The pages are found by themselves: from the panel's routes and
the links that lead to them, and from the phone's own list of screens."""

import re
import subprocess
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import httpx
from litestar import Litestar
from playwright.sync_api import Page

from admin.routes import ROUTES
from tree import ROOT

FILES = ("/panel/assets/", "/panel/language/", "/panel/live")  # under /panel, but nothing to read there
TALL = 2600  # all of a page at once: nothing lies half below a bar that stays in place
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (only) => {
  const said = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
  const where = (n) => `${n.target.join(" ")} ${n.html.slice(0, 160)}`;
  return said.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map(where).join(" | ")}`);
}"""
CUT = """() => {
  const root = document.documentElement, found = [];
  const begins = (style) => style.webkitLineClamp !== "none" || /auto|scroll/.test(style.overflowX); // or is to be pushed
  const within = (one) => one !== root && (begins(getComputedStyle(one)) || within(one.parentElement));
  if (root.scrollWidth > root.clientWidth) found.push(`${root.scrollWidth - root.clientWidth} px wider than the screen`);
  for (const one of document.querySelectorAll("body *")) {
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    const says = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!says || !box.width || style.visibility === "hidden" || one.closest(".sr, select") || within(one)) continue;
    const hides = /hidden|clip/.test(style.overflowX + style.overflowY);
    const cut = hides && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
    if (cut || box.left < -1 || box.right > root.clientWidth + 1)
      found.push(`cut: ${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 60)}`);
  }
  return found;
}"""


@cache
def axe() -> str:
    """The library, installed with the foreign clients (`tests/foreign/package-lock.json`)."""
    subprocess.run(["make", "-s", "tests/foreign/node_modules/.installed"], cwd=ROOT, check=True, timeout=170)
    return (ROOT / "tests/foreign/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


@dataclass
class Inspector:
    """Looks at pages and keeps what it finds; `found` must stay empty."""

    found: list[str] = field(default_factory=list)
    runs: int = 0

    def look(self, page: Page, name: str, *widths: int, night: bool = True) -> None:
        """Every rule by day at each width; by night what a colour may break; nothing wider than the screen at the first."""
        page.evaluate(axe())
        everything, colours = {"type": "tag", "values": TAGS}, {"type": "rule", "values": ["color-contrast"]}
        looks: list[tuple[Literal["light", "dark"], int, dict[str, Any]]] = [
            ("light", width, everything) for width in widths
        ]
        if night:
            looks.insert(0, ("dark", widths[-1], colours))
        for scheme, width, only in looks:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": TALL})
            self.runs += 1
            self.found += [f"{name} {width} {scheme}: {one}" for one in page.evaluate(RUN, only)]
        page.set_viewport_size({"width": widths[0], "height": TALL})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            self.found.append(f"{name}: {over} px wider than {widths[0]} px")

    def enlarge(self, page: Page, name: str, width: int) -> None:
        """Letters of twice the size, by the browser's own setting: nothing wider than the screen, no words cut off
        (WCAG 1.4.4)."""
        page.set_viewport_size({"width": width, "height": TALL})
        settings = page.context.new_cdp_session(page)
        settings.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
        self.runs += 1
        self.found += [f"{name} at 200 %, {width} px: {one}" for one in page.evaluate(CUT)]
        settings.send("Page.setFontSizes", {"fontSizes": {"standard": 16, "fixed": 13}})
        settings.detach()


# ---- the panel ----------------------------------------------------------------------------------------------------


def patterns() -> dict[str, re.Pattern[str]]:
    """Every address of the panel that answers GET, with what fits it."""
    found = {}
    for route in Litestar(route_handlers=ROUTES, openapi_config=None).routes:
        if any("GET" in handler.http_methods for handler in getattr(route, "route_handlers", [])):
            found[route.path] = re.compile(
                re.sub(r"\{\w+:(\w+)\}", lambda one: ".+" if one[1] == "path" else "[^/]+", route.path) + "/?"
            )
    return found


class _Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in ("href", "src"):
            if (given.get(name) or "").startswith("/panel"):
                self.addresses.append(str(given[name]))
        for name in (
            "action",
            "formaction",
        ):  # a button may be the only way to a page: what it acts on has an address too
            if (given.get(name) or "").startswith("/panel"):
                self.addresses += [str(given[name]), str(given[name]).rsplit("/", 1)[0]]


def walk(http: httpx.Client, known: dict[str, re.Pattern[str]]) -> dict[str, dict[str, str]]:
    """What one official can reach by links: pattern → kind of page (its tab) → an address of it."""
    reached: dict[str, dict[str, str]] = {}
    waiting, seen = ["/panel/", "/panel/nowhere", *(path for path in known if "{" not in path)], set()
    while waiting:
        address = waiting.pop(0)
        parts = urlsplit(address)
        path = next((name for name, fits in known.items() if fits.fullmatch(parts.path)), None)
        query = dict(parse_qsl(parts.query))
        kind = query.get("tab", "")  # other filters leave the page as it is
        if path is None or kind in reached.get(path, {}) or address in seen or path.startswith(FILES):
            continue
        seen.add(address)
        answer = http.get(address)
        if answer.status_code == 200 or (answer.status_code == 404 and "{rest:" in path):
            page = answer.headers["content-type"].startswith("text/html")
            reached.setdefault(path, {})[kind] = address if page else ""
            if page:
                waiting += _Links(answer.text).addresses
    return reached


# ---- the phone ----------------------------------------------------------------------------------------------------


def screens() -> list[str]:
    """The first words of the addresses the app knows, read from its two lists."""
    source = "".join((ROOT / "phone/src/ui" / name).read_text(encoding="utf-8") for name in ("app.tsx", "rest.tsx"))
    lists = re.findall(r"Record<string, ComponentType<[^=]+= \{(.*?)\};", source, re.S)
    assert len(lists) == 2, "app.tsx and rest.tsx each name their screens in one list"
    return [name.strip('" ') for one in lists for name in re.findall(r'("[\w-]*"|\w+): (?:\w+Screen|page\()', one)]
