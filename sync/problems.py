"""The one catalogue of refusals. The raiser says if a retry makes sense; the HTTP status speaks of the request only.

Sentence and remedy of a code stand in the words catalogue under `problem.<code>.sentence` and `.remedy`.
"""

from typing import Any, Literal

from sync.words import both

Retry = Literal["never", "later", "after-fix"]

# code → (retry, HTTP status when a whole request is refused; 200 = only ever a verdict on one row)
CODES: dict[str, tuple[Retry, int]] = {
    # requests
    "bad_request": ("after-fix", 400),
    "too_large": ("after-fix", 413),
    "too_many_rows": ("after-fix", 413),
    "not_found": ("never", 404),
    "method_not_allowed": ("never", 405),
    "token_unknown": ("after-fix", 401),
    "token_expired": ("after-fix", 401),
    "revoked": ("never", 403),
    "forbidden": ("never", 403),
    "client_too_old": ("after-fix", 426),
    "resync-required": ("after-fix", 410),
    "too_many_requests": ("later", 429),
    "unavailable": ("later", 503),
    "storage_full": ("later", 507),
    "internal": ("later", 500),
    # enrolment
    "code_unknown": ("after-fix", 403),
    "code_wrong": ("after-fix", 403),
    "code_word": ("after-fix", 403),
    "code_used": ("never", 403),
    "code_expired": ("never", 403),
    "code_locked": ("never", 403),
    # rows
    "row_unreadable": ("after-fix", 200),
    "unknown_field": ("after-fix", 200),
    "bad_value": ("after-fix", 200),
    "missing_field": ("after-fix", 200),
    "lane_field": ("after-fix", 200),
    "id_bad": ("never", 200),
    "id_taken": ("never", 200),
    "unknown_topic": ("later", 200),
    "door_topic": ("never", 200),
    "unknown_area": ("after-fix", 200),
    "area_not_yours": ("never", 200),
    "unknown_place": ("after-fix", 200),
    "unknown_note": ("later", 200),
    # sealed items
    "sealed_unreadable": ("never", 200),
    "sealed_elsewhere": ("after-fix", 200),
    # uploads (tus)
    "upload_offset": ("later", 409),
    "upload_busy": ("later", 423),
    "upload_unknown": ("after-fix", 404),
    "upload_gone": ("never", 410),
    "upload_checksum": ("later", 460),
    "upload_length": ("after-fix", 400),
    "tus_version": ("never", 412),
    "upload_type": ("after-fix", 415),
    # pictures
    "picture_hash": ("after-fix", 200),
    "picture_unreadable": ("never", 200),
    "picture_type": ("never", 200),
    "picture_too_large": ("never", 200),
    "picture_bomb": ("never", 200),
    "picture_portrait": ("never", 200),
    "picture_too_slow": ("never", 200),
    "picture_dropped": ("never", 200),
}


class Problem(Exception):
    """A refusal of a whole request, by its code."""

    def __init__(self, code: str, detail: str = "", **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.extra = extra

    @property
    def status(self) -> int:
        return CODES[self.code][1]


def entry(code: str) -> dict[str, Any]:
    """One entry of `GET /v1/problems`."""
    return {
        "code": code,
        "sentence": both(f"problem.{code}.sentence"),
        "remedy": both(f"problem.{code}.remedy"),
        "retry": CODES[code][0],
    }


def reject(code: str, field: str = "") -> dict[str, str]:
    """The `reject` field of a row that was not taken."""
    return {"code": code, "field": field, "retry": CODES[code][0]}
