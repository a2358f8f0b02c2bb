"""The one page for all imports: a table is sent, every row's faults are named, and only a table without any is taken.

The preview carries the rows along, so what is taken is what was shown; it is judged again when it is taken.
"""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response

from admin.pages import page
from admin.sheets import Columns, Line, Unreadable, as_text

AnyRequest = Request[Any, Any, Any]
SHOWN = 300


async def show(
    request: AnyRequest, what: str, columns: Columns, *, wrong: Unreadable | None = None, **context: Any
) -> Response[str]:
    """`what` names the words `panel.import.<what>.*`; its address is `/panel/<what>/import`."""
    facts = {"lines": [], "rows": "", "faulty": 0, "notes": [], "shown": SHOWN, "bad": wrong} | context
    return await page(request, "import.html", status=422 if wrong else 200, what=what, columns=columns, **facts)


async def preview(
    request: AnyRequest, what: str, columns: Columns, lines: Sequence[Line], **context: Any
) -> Response[str]:
    """What would be taken, faulty rows first. `notes`: pairs of a key and its values, said above the rows."""
    faulty = sum(1 for line in lines if line.faults)
    ordered = sorted(lines, key=lambda line: (not line.faults, line.n))
    return await show(request, what, columns, lines=ordered, rows=as_text(lines, columns), faulty=faulty, **context)
