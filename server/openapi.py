"""`GET /v1/schema/openapi.json`: the interface as an OpenAPI document, made from the structs that read the bodies.

Only `/v1`, `/health` and `/ready`: pages for people are not described. Every answer is, refusals too (`sync/problems.py`).
"""

from functools import cache
from typing import Any

import msgspec
from litestar import Response, get

from server.enrol import Ask
from storage.documents import MIN_CLIENT
from sync import sealed, wire
from sync.photo import PHOTO_MAX_BYTES
from sync.problems import CODES
from sync.sealed import Outcome, SealedItem
from sync.wire import Batch, PushRow

Facts = dict[str, Any]
_REF = "#/components/schemas/{name}"
_OBJECT: Facts = {"type": "object"}
_LIST: Facts = {"type": "array", "items": _OBJECT}
_TEXT: Facts = {"type": "string"}
_TOKEN = ("token_unknown", "token_expired", "revoked")
_ALWAYS = ("bad_request", "unavailable", "internal")  # what any call may meet
_WRITES = ("too_large", "storage_full")
_COUNTED = ("too_many_requests", *_WRITES)  # against the quota of a device and account
_TUS_SAYS = ("tus_version", "upload_unknown", "upload_busy")

_COLLECTION = ("collection", "path", True, {"enum": list(wire.COLLECTIONS), "type": "string"})
_PUSHED = ("collection", "path", True, {"enum": list(wire.PUSHED), "type": "string"})
_PHOTO = ("photo", "path", True, {"type": "string", "format": "uuid"})
_VERSION = ("Tus-Resumable", "header", False, {"type": "string", "enum": ["1.0.0"]})
_NUMBER = {"type": "string", "pattern": "^[0-9]{1,15}$"}
_OFFSET = ("Upload-Offset", "header", True, _NUMBER)
_CHECKSUM = ("Upload-Checksum", "header", False, {"type": "string", "pattern": "^sha(1|256) [A-Za-z0-9+/]+=*$"})
_CLAIM = ("Sotay-Claim", "header", False, {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"})
_CONTENT = {"application/offset+octet-stream": {"type": "string", "format": "binary"}}


def _json(schema: Facts) -> Facts:
    return {"application/json": schema}


def _operation(
    says: str,
    *parameters: tuple[str, str, bool, Facts],
    body: Facts | None = None,
    body_needed: bool = True,
    answers: dict[int, Facts | None],
    headers: dict[str, Any] | None = None,
    refusals: tuple[str, ...] = (),
    token: bool = True,
) -> Facts:
    """One operation. `answers`: status → media types with their schemas, None = no body. `refusals`: problem codes."""
    codes = (*_ALWAYS, *refusals, *(_TOKEN if token else ()))
    responses: Facts = {}
    for status, content in answers.items():
        named = {kind: {"schema": schema} for kind, schema in (content or {}).items()}
        responses[str(status)] = {"description": "done", "headers": headers or {}} | (
            {"content": named} if named else {}
        )
    for status in sorted({CODES[code][1] for code in codes}):
        meant = ", ".join(code for code in codes if CODES[code][1] == status)
        problem = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
        retry = {"Retry-After": {"schema": {"type": "string"}}} if status in (429, 503, 507) else {}
        responses[str(status)] = {"description": meant, "content": problem, "headers": retry}
    found: Facts = {
        "summary": says,
        "security": [{"token": []}] if token else [],
        "parameters": [
            {"name": name, "in": where, "required": needed, "schema": schema}
            for name, where, needed, schema in parameters
        ],
        "responses": responses,
    }
    if body is not None:
        content = {kind: {"schema": schema} for kind, schema in body.items()}
        found["requestBody"] = {"required": body_needed, "content": content}
    return found


@cache
def document() -> Facts:
    """The whole document."""
    (batch, rows, ask, items, outcome), components = msgspec.json.schema_components(
        [Batch, list[PushRow], Ask, list[SealedItem], Outcome], ref_template=_REF
    )
    fields = components["Batch"]["properties"]
    fields["v"]["minimum"] = MIN_CLIENT
    for name, known in (("push", wire.PUSHED), ("pull", wire.COLLECTIONS)):
        each = dict.fromkeys(known, fields[name]["additionalProperties"])
        fields[name] = {"type": "object", "properties": each, "additionalProperties": False}
    components["Problem"] = {
        "type": "object",
        "required": ["code", "retry", "status", "type", "title", "detail", "sentence", "remedy"],
        "properties": {
            "code": {"enum": sorted(CODES)},
            "retry": {"enum": ["never", "later", "after-fix"]},
            "status": {"type": "integer"},
        }
        | dict.fromkeys(("type", "title", "detail"), _TEXT)
        | {name: {"type": "object", "required": ["vi", "en"]} for name in ("sentence", "remedy")},
    }
    tus_answer = {"Tus-Resumable": {"required": True, "schema": _TEXT}}
    offset_answer = tus_answer | {"Upload-Offset": {"required": True, "schema": _NUMBER}}
    length = ("Upload-Length", "header", True, _NUMBER | {"description": f"1 … {PHOTO_MAX_BYTES}"})
    meta = ("Upload-Metadata", "header", True, _TEXT)
    override = ("X-HTTP-Method-Override", "header", True, {"enum": ["HEAD", "PATCH", "DELETE"], "type": "string"})
    limit = ("limit", "query", False, {"type": "integer", "minimum": 1, "maximum": wire.MAX_LIMIT})
    since = ("cp", "query", False, _TEXT | {"description": "the last checkpoint, base64url of its JSON"})
    writes = (*_TUS_SAYS, "upload_offset", "upload_length", "upload_checksum", "upload_type", "upload_gone", *_WRITES)
    paths: Facts = {
        "/v1/enrol": {
            "post": _operation(
                "A code becomes a phone.",
                body=_json(ask),
                answers={200: _json(_OBJECT)},
                refusals=("code_unknown", "too_large", "too_many_requests"),
                token=False,
            )
        },
        "/v1/sync": {
            "post": _operation(
                "A batch: pushes, then pulls.",
                body=_json(batch),
                answers={200: _json(_OBJECT | {"required": ["auth", "server_time"]})},
                refusals=("too_many_rows", "client_too_old", *_COUNTED),
            )
        },
        "/v1/sealed": {
            "post": _operation(
                "Unsent work sealed to the server's key; the push token does.",
                body=_json(items | {"maxItems": sealed.MAX_ITEMS}),
                answers={200: _json(outcome)},
                refusals=_COUNTED,
            )
        },
        "/v1/sync/{collection}/push": {
            "post": _operation(
                "RxDB's push: the masters of the rows not taken as sent.",
                _PUSHED,
                body=_json(rows | {"maxItems": wire.MAX_ROWS}),
                answers={200: _json(_LIST)},
                refusals=("not_found", "too_many_rows", *_COUNTED),
            )
        },
        "/v1/sync/{collection}/pull": {
            "get": _operation(
                "RxDB's pull: a page of documents.",
                *(_COLLECTION, limit, since),
                answers={200: _json(_OBJECT | {"required": ["documents", "checkpoint", "more", "server_time"]})},
                refusals=("not_found", "resync-required"),
            )
        },
        "/v1/sync/stream": {
            "get": _operation("Says RESYNC when there is news.", answers={200: {"text/event-stream": _TEXT}})
        },
        "/v1/uploads": {
            "options": _operation("What of tus is spoken.", answers={204: None}, headers=tus_answer, token=False),
            "post": _operation(
                "Announces a photo; may carry its first bytes.",
                *(_VERSION, length, meta, _CHECKSUM),
                body=_CONTENT,
                body_needed=False,
                answers={201: None},
                headers=tus_answer | {"Location": {"required": True, "schema": _TEXT}},
                refusals=("too_many_requests", *writes),
            ),
        },
        "/v1/uploads/{photo}": {
            "options": _operation(
                "What of tus is spoken.",
                ("photo", "path", True, _TEXT),
                answers={204: None},
                headers=tus_answer,
                token=False,
            ),
            "head": _operation(
                "Where the upload stands.",
                *(_PHOTO, _VERSION, _CLAIM),
                answers={200: None},
                headers=offset_answer,
                refusals=_TUS_SAYS,
            ),
            "patch": _operation(
                "Appends bytes.",
                *(_PHOTO, _VERSION, _OFFSET, _CHECKSUM, _CLAIM),
                body=_CONTENT,
                answers={204: None},
                headers=offset_answer,
                refusals=writes,
            ),
            "delete": _operation(
                "Ends an upload.",
                *(_PHOTO, _VERSION, _CLAIM),
                answers={204: None},
                headers=tus_answer,
                refusals=_TUS_SAYS,
            ),
            "post": _operation(
                "The same three for networks that let only GET and POST through.",
                *(_PHOTO, _VERSION, override, _CLAIM),
                body=_CONTENT,
                body_needed=False,
                answers={200: None, 204: None},
                headers=tus_answer,
                refusals=("method_not_allowed", *writes),
            ),
        },
        "/v1/problems": {"get": _operation("The catalogue of refusals.", answers={200: _json(_LIST)}, token=False)},
        "/v1/schema/openapi.json": {"get": _operation("This document.", answers={200: _json(_OBJECT)}, token=False)},
        "/health": {"get": _operation("The process lives.", answers={200: _json(_OBJECT)}, token=False)},
        "/ready": {"get": _operation("Database and store answer.", answers={200: _json(_OBJECT)}, token=False)},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sổ Tay", "version": "1"},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


@get("/v1/schema/openapi.json", opt={"policy": ("public",)})
async def openapi() -> Response[bytes]:
    return Response(msgspec.json.encode(document()), media_type="application/json")
