"""Pages: Jinja templates with autoescape, the words catalogue, and how days, areas and topics are written."""

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response
from litestar.response import Redirect
from markupsafe import Markup, escape

from admin.access import here
from storage import clock
from storage.catalogue import Catalogue, catalogue
from storage.viewer import Viewer
from sync import mask
from sync.words import CATALOGUE, word

# the administrator's pages, in their order; also their addresses
ADMINISTRATION = (
    "system",
    "accounts",
    "phones",
    "areas",
    "topics",
    "places",
    "names",
    "synonyms",
    "doors",
    "ward",
    "retention",
)
HERE = Path(str(files("admin")))
TILE_LETTERS = 15
LANGUAGE_COOKIE = "sotay_language"
_MARKERS = re.compile("|".join(re.escape(marker) for marker in mask.MARKERS.values()))

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Asset(msgspec.Struct, frozen=True):
    data: bytes
    type: str
    tag: str


TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@lru_cache(maxsize=32)
def _read(path: Path, changed: int) -> Asset:
    del changed  # part of the cache's key: an edited file is seen without a restart
    data = path.read_bytes()
    return Asset(data, TYPES[path.suffix], hashlib.sha256(data).hexdigest()[:16])


def asset(name: str) -> Asset | None:
    """A file the panel's pages load: what was built, else what is written by hand. None if there is none."""
    if re.fullmatch(r"[a-z0-9-]+\.(css|js|svg)", name) is None:
        return None
    for folder in ("built", "assets"):
        path = HERE / folder / name
        if path.is_file():
            return _read(path, path.stat().st_mtime_ns)
    return None


def asset_url(name: str) -> str:
    """Its address with a tag of its content, or empty if it is not there (`panel.js` without a build)."""
    found = asset(name)
    return f"/panel/assets/{name}?v={found.tag}" if found else ""


def language(request: Request[Any, Any, Any]) -> str:
    return "en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "vi"


def write_day(day: str | None) -> str:
    """`22/11/2026`."""
    return "/".join(reversed(day.split("-"))) if day else ""


def write_time(ms: int | None) -> str:
    """`22/11/2026 21:45`, in Vietnam's time."""
    if ms is None:
        return ""
    at = clock.iso(ms + 7 * 3_600_000)
    return f"{write_day(at[:10])} {at[11:16]}"


class Writer:
    """Writes one page's words: bound to a language and the present master data."""

    def __init__(self, lang: str, world: Catalogue | None) -> None:
        self.lang = lang
        self._world = world

    @property
    def world(self) -> Catalogue:
        if self._world is None:
            raise RuntimeError("this page was rendered without the master data")
        return self._world

    def t(self, key: str, **values: object) -> str:
        return word(self.lang, key, **values)

    def has(self, key: str) -> bool:
        return key in CATALOGUE[self.lang]

    def area(self, code: str) -> str:
        found = self.world.tree.get(code)
        return found.name if found else code

    def topic(self, code: str) -> str:
        found = self.world.topics.get(code)
        return (found.en if self.lang == "en" else found.vi) if found else code

    def place(self, id: str | None) -> str:
        found = self.world.places.get(id or "")
        return found.name if found else ""

    def period(self, period: str) -> str:
        """`Tuần 47/2026`, `Tháng 11/2026`."""
        if "-W" in period:
            return self.t("panel.period.week", week=int(period[6:]), year=period[:4])
        return self.t("panel.period.month", month=int(period[5:]), year=period[:4])

    def period_short(self, period: str) -> str:
        """`T47`, `11/26`: under a bar."""
        if "-W" in period:
            return self.t("panel.chart.week", n=int(period[6:]))
        return f"{period[5:]}/{period[2:4]}"

    def areas(self, codes: Sequence[str], most: int = 4) -> str:
        """Names of areas in a sentence, the first few."""
        named = ", ".join(map(self.area, codes[:most]))
        return named if len(codes) <= most else self.t("panel.and_more", first=named, n=len(codes) - most)

    def area_short(self, code: str) -> str:
        """A name that fits on a tile."""
        name = self.area(code).replace("Tổ dân phố", "TDP").replace("Phường ", "P. ").replace("Xã ", "X. ")
        return name if len(name) <= TILE_LETTERS else name[: TILE_LETTERS - 1] + "…"

    def cleaned(self, text: str, ward: str = "", *, doubts: bool = False) -> Markup:
        """A note's text with what was masked as chips, and with `doubts` what may still be a name underlined."""
        spans = [(m.start(), m.end(), "masked") for m in _MARKERS.finditer(text)]
        if doubts:
            found = mask.clean(text[: mask.CAP], self.world.gazetteer(ward))
            if found.text == text:
                spans += [(start, end, "doubt") for start, end in found.suspects]
        out, done = Markup(), 0
        for start, end, kind in sorted(spans):
            if start >= done:
                out += escape(text[done:start]) + Markup('<mark class="{}">{}</mark>').format(kind, text[start:end])
                done = end
        return out + escape(text[done:])


def render(
    request: Request[Any, Any, Any], name: str, world: Catalogue | None, *, status: int = 200, **context: Any
) -> Response[str]:
    """Renders a template. Every page knows its language, who looks, and the token its forms must carry."""
    write = Writer(language(request), world)
    viewer: Viewer | None = request.state.get("viewer")
    functions: dict[str, Callable[..., Any]] = {
        "t": write.t,
        "has": write.has,
        "area_name": write.area,
        "area_names": write.areas,
        "area_short": write.area_short,
        "topic_name": write.topic,
        "place_name": write.place,
        "period_name": write.period,
        "period_short": write.period_short,
        "cleaned": write.cleaned,
        "day": write_day,
        "time": write_time,
        "asset_url": asset_url,
    }
    said = f"panel.said.{request.query_params.get('said', '')}"
    facts = {
        "lang": write.lang,
        "viewer": viewer,
        "admin_pages": ADMINISTRATION,
        "csrf": request.state.get("csrf", ""),
        "room": request.scope["path"],
        "here": here(request) if request.method == "GET" else "/panel/",
        "said": said if write.has(said) else "",
        "now": clock.now(),
        "today": clock.local_day(clock.now()).isoformat(),
        "typed": {},
        "errors": {},
        "found": None,
        "clash": "",
        "wrong": "",
        "bad": None,
    }
    body = _templates.get_template(name).render({**functions, **facts, **context})
    return Response(body, status_code=status, media_type=MediaType.HTML)


async def page(request: Request[Any, Any, Any], name: str, *, status: int = 200, **context: Any) -> Response[str]:
    """A page with the present master data."""
    return render(request, name, await catalogue(), status=status, **context)


def only_rev(rev: int) -> Response[str]:
    """For an open page of one thing that looks by itself whether there is news: it shows nothing, so nobody read anything."""
    return Response(f'<main data-rev="{rev}"></main>', media_type=MediaType.HTML)


def go(path: str, said: str = "") -> Redirect:
    """After a form: 303 to a page, which says what happened."""
    joint = "&" if "?" in path else "?"
    return Redirect(f"{path}{joint}said={said}" if said else path, status_code=303)
