"""QR codes as SVG inside a page: nothing is loaded, and they are sharp on paper."""

from io import BytesIO

import segno
from markupsafe import Markup


def drawn(text: str, *, scale: int = 4) -> Markup:
    """Black on white whatever the page's colours are; `scale` pixels a module, scaled by style where it must fit."""
    out = BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", scale=scale, border=4, xmldecl=False, svgns=False, light="#fff", dark="#000", omitsize=False
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn by segno, holds paths only
