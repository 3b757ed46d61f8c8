"""The files of the web pages to responses that a browser keeps for good and that load nothing from elsewhere."""

import functools
import hashlib
from pathlib import Path

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

from rag.service.reference import html

_FOLDER = Path(__file__).parent / "static"
_MEDIA_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
_VERSION = b"{version}"  # stands in a page for the hash of all files, which is a folder of their addresses
_REFERENCE = b"{reference}"  # stands in the page of the reference for what it says

# Scripts, styles, pictures and requests of this origin and no others; text is never read as markup.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_FOR_GOOD = "public, max-age=31536000, immutable"  # a year, the longest that caches keep; other bytes, other address


def page_routes() -> APIRouter:
    """Routes for the page at `/`, the reference at `/docs` and their files under `/static/HASH/`, read once."""
    files = {str(path.relative_to(_FOLDER)): path.read_bytes() for path in sorted(_FOLDER.rglob("*")) if path.is_file()}
    digest = hashlib.sha256(b"".join(name.encode() + b"\0" + content for name, content in files.items()))
    version = digest.hexdigest()[:16]
    page, frame = (files.pop(name).replace(_VERSION, version.encode()) for name in ("index.html", "reference.html"))
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/", methods=["GET", "HEAD"])
    async def index(request: Request) -> Response:
        headers = _HEADERS | {"Cache-Control": "no-cache", "ETag": f'"{version}"'}
        if f'"{version}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(page, media_type="text/html", headers=headers)

    @functools.cache  # it does not change while the service runs
    def reference_of(app: FastAPI) -> bytes:
        return frame.replace(_REFERENCE, html(app.openapi()).encode())

    @routes.api_route("/docs", methods=["GET", "HEAD"])
    def reference(request: Request) -> Response:
        headers = _HEADERS | {"Cache-Control": "no-cache"}
        return Response(reference_of(request.app), media_type="text/html", headers=headers)

    @routes.api_route("/static/{hash}/{name:path}", methods=["GET", "HEAD"])
    async def file(hash: str, name: str) -> Response:
        if hash != version or name not in files:
            raise HTTPException(404, "the page has no such file; load it anew")
        headers = _HEADERS | {"Cache-Control": _FOR_GOOD}
        return Response(files[name], media_type=_MEDIA_TYPES[Path(name).suffix], headers=headers)

    return routes
