"""The panel's own files under `/panel/assets/`: addressed with a tag of their content, so kept for a year."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from admin import pages
from admin.access import PUBLIC
from storage.viewer import Missing


@get("/assets/{name:str}", opt=PUBLIC)
async def show(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    found = pages.asset(name)
    if found is None:
        raise Missing
    current = request.query_params.get("v") == found.tag
    headers = {
        "ETag": f'"{found.tag}"',
        "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(b"", status_code=304, headers=headers, media_type=found.type)
    return Response(found.data, media_type=found.type, headers=headers)
