"""Forty ways to smuggle a script in by words, and a browser page that notices when one of them runs."""

from typing import Any

from playwright.sync_api import BrowserContext, Page

PAYLOADS = (
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<script >alert(1)</script >",
    "<script/x>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)>",
    "<textarea autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<iframe src=javascript:parent.alert(1)></iframe>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<style onload=alert(1)></style>",
    "<link rel=stylesheet href=x onerror=alert(1)>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    '" autofocus onfocus="alert(1)',
    "' autofocus onfocus='alert(1)",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "{{7*7}}{{cycler.__init__.__globals__}}<b onpointerrawupdate=alert(1)>",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e&lt;img src=x onerror=alert(1)&gt;",
    "<a href=javascript:alert(1) id=x>x</a><form action=javascript:alert(1)><button>y",
)

# what only a payload can have put there; the panel and the phone have none of these themselves
ALIEN = (
    "script:not([src])", "iframe", "object", "embed", "marquee", "details[ontoggle]", "base", "meta[http-equiv=refresh]", "math",
    "[onerror]", "[onload]", "[onfocus]", "[onbegin]", "[onstart]", "[ontoggle]", "[onpointerrawupdate]", "body svg script",
    "a[href^='javascript:']", "form[action^='javascript:']", "video", "audio",
)  # fmt: skip
LOOK = """(alien) => ({ran: window.ran, alien: alien.filter((one) => document.querySelector(one)),
  text: document.body.innerText})"""
WATCH = """window.ran = [];
for (const name of ["alert", "confirm", "prompt"]) window[name] = (x) => { window.ran.push(`${name} ${x}`); };"""


class Watch:
    """Notices what runs, on every page of a context. With `bypass_csp` nothing but our own escaping is in the way."""

    def __init__(self, context: BrowserContext) -> None:
        self.looked, self.words = 0, 0
        self.dialogs: list[str] = []
        context.add_init_script(WATCH)
        context.on("dialog", self._dialog)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def clean(self, page: Page) -> str:
        """Fails if a script ran on this page, or could; else the words that are to be seen on it."""
        found = page.evaluate(LOOK, list(ALIEN))
        assert found["ran"] == [] and self.dialogs == [], (page.url, found["ran"], self.dialogs)
        assert found["alien"] == [], (page.url, found["alien"])
        self.looked += 1
        self.words += found["text"].count("alert(1)")
        return str(found["text"])
