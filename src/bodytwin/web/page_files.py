"""The page itself: the built files of the package, read once and served from memory.

Only names that were found when the server started are answered, so no path leads elsewhere.
"""

import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request, Response

TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "wasm": "application/wasm",
    "json": "application/json",
    "webmanifest": "application/manifest+json",
    "txt": "text/plain; charset=utf-8",
}
INDEX = "/index.html"
LASTING = "public, max-age=31536000, immutable"
_HASHED = re.compile(r".*-[A-Z0-9]{8,}\.[a-z0-9]+")
NOT_BUILT = (
    b"<!doctype html><title>bodytwin</title><p>The page is not part of this installation.</p>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One file as it is sent; `packed` is empty where packing saves nothing."""

    body: bytes
    packed: bytes
    type: str
    keep: str
    tag: str


def page_files(folder: Traversable | None = None) -> Mapping[str, PageFile]:
    """Every file of the built page by its path."""
    root = folder or files("bodytwin.web") / "dist"
    found = dict(_walk(root, "")) if root.is_dir() else {}
    found.setdefault(INDEX, _file(INDEX, NOT_BUILT))
    return found


def router(found: Mapping[str, PageFile]) -> APIRouter:
    """One route for each file, and one for the page by its short name."""
    routes = APIRouter(include_in_schema=False)
    for path, held in [("/", found[INDEX]), *found.items()]:
        routes.add_api_route(path, partial(_answer, held), methods=["GET", "HEAD"])
    return routes


def _answer(held: PageFile, request: Request) -> Response:
    headers = {"Cache-Control": held.keep, "ETag": held.tag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == held.tag and held.keep != "no-store":
        return Response(status_code=304, headers=headers)
    body = held.body
    if held.packed and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = held.packed, "gzip"
    return Response(body, headers=headers, media_type=held.type)


def _walk(folder: Traversable, above: str) -> Iterator[tuple[str, PageFile]]:
    for entry in folder.iterdir():
        path = f"{above}/{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, path)
        elif entry.name.rpartition(".")[2] in TYPES and not entry.name.startswith("."):
            yield path, _file(path, entry.read_bytes())


def _file(path: str, body: bytes) -> PageFile:
    kind = path.rpartition(".")[2]
    packed = gzip.compress(body, mtime=0) if kind not in ("png", "ico", "woff2") else b""
    keep = LASTING if _HASHED.fullmatch(path) else "no-store" if path == INDEX else "no-cache"
    return PageFile(
        body=body,
        packed=packed if len(packed) < 0.9 * len(body) else b"",
        type=TYPES[kind],
        keep=keep,
        tag=f'"{hashlib.sha256(body).hexdigest()[:24]}"',
    )
