"""What does somebody get to hear when something goes wrong? One shape, and never what they sent.

What does not exist and what somebody may not know of are answered with the same bytes.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from bodytwin.errors import BodytwinError, InvalidInputError, NotFoundError, Refusal, StoreError
from bodytwin.service.jobs import Busy
from bodytwin.web.tokens import TokenError

NOT_FOUND = "There is no such thing here, or none that you may see."
FAULT = "Something went wrong on the server. Nothing was shown; the log of the server says more."
STORE = "The store cannot be used now, or holds what it should not. Tell whoever runs the node."
LOGIN = "You are not logged in, or not any more."
SAID = {
    405: "This address does not do that.",
    413: "What was sent is too large.",
    429: "Too many requests. Wait a moment.",
}
WORDS = {
    "missing": "is missing",
    "json_invalid": "is not JSON",
    "extra_forbidden": "holds something that is not known",
}
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,40}")


class Problem(Exception):
    """A fault of the request itself, rather than of what was asked."""

    def __init__(
        self, status: int, message: str, *, kind: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        self.status, self.kind = status, kind or KINDS.get(status, "InvalidInputError")
        self.headers = dict(headers or {})
        super().__init__(message)


KINDS = {
    401: "NotLoggedIn",
    403: "Refusal",
    404: "NotFoundError",
    405: "NotAllowed",
    409: "Conflict",
    413: "TooLarge",
    429: "TooMany",
    500: "Fault",
    503: "StoreError",
}


def shape(
    kind: str, message: str, reasons: Sequence[str] = (), rule: str | None = None
) -> dict[str, Any]:
    """The one shape of an error."""
    said: dict[str, Any] = {"kind": kind, "message": message, "reasons": list(reasons)}
    return {"error": said if rule is None else said | {"rule": rule}}


def answer(error: BaseException) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and headers for an error.

    >>> answer(ZeroDivisionError("of patient 17"))[1]["error"]["kind"]
    'Fault'
    """
    match error:
        case Problem():
            return error.status, shape(error.kind, str(error)), error.headers
        case TokenError():
            return 401, shape(KINDS[401], str(error)), {}
        case NotFoundError():
            return 404, shape(KINDS[404], NOT_FOUND), {}
        case Busy():
            return 429, _refusal(error), {"Retry-After": "5"}
        case Refusal():
            return 403, _refusal(error), {}
        case InvalidInputError():
            return 400, shape(type(error).__name__, str(error)), {}
        case StoreError():
            return 503, shape(KINDS[503], STORE), {}
        case HTTPException():
            return _http(error)
        case BodytwinError():
            return 500, shape(type(error).__name__, FAULT), {}
        case _:
            return 500, shape(KINDS[500], FAULT), {}


def response(error: BaseException) -> JSONResponse:
    """An error as it is sent."""
    status, body, headers = answer(error)
    return JSONResponse(body, status_code=status, headers=headers)


def malformed(error: RequestValidationError, known: Collection[str]) -> JSONResponse:
    """A request that is not of the shape it should be: where, and never what it held.

    Args:
        error: what the framework found.
        known: names that the interface itself uses; any other is the sender's and not repeated.
    """
    reasons = [_reason(e, known) for e in error.errors()[:20]]
    return JSONResponse(
        shape("InvalidInputError", "The request is not as it should be.", reasons), status_code=400
    )


def _refusal(error: Refusal) -> dict[str, Any]:
    rule = getattr(error, "rule", None)
    return shape(
        type(error).__name__, str(error), error.reasons, rule if isinstance(rule, str) else None
    )


def _http(error: HTTPException) -> tuple[int, dict[str, Any], dict[str, str]]:
    status = error.status_code
    if status == 404:
        return answer(NotFoundError())
    allow = {
        k: v for k, v in (error.headers or {}).items() if k.lower() in ("allow", "retry-after")
    }
    message = SAID.get(status, FAULT if status >= 500 else "The request cannot be understood.")
    return status, shape(KINDS.get(status, "InvalidInputError"), message), allow


def _reason(error: Mapping[str, Any], known: Collection[str]) -> str:
    kind = str(error.get("type", ""))
    parts = [str(p) for p in error.get("loc", ()) if p not in ("body", "query", "path", "header")]
    named = [p if p in known and _PLAIN.fullmatch(p) else "…" for p in parts]
    what = WORDS.get(kind, f"is not as it should be ({kind})" if _PLAIN.fullmatch(kind) else "")
    return f"{'.'.join(named) or 'The request'} {what or 'is not as it should be'}."
