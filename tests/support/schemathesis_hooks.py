"""What schemathesis must be told: bytes of photos are bytes, and a whole number is written without a point.

JSON Schema calls 88.0 an integer; no client writes one so, and the server wants 88.
"""

from typing import Any

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


def whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    del context
    return whole(body)
