"""The page at `/`: files that were built from web/, for every address that the page itself draws."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Flask, Response, render_template, request

from services.errors import NotFound

BUILT = Path(__file__).resolve().parents[1] / "web" / "dist"
VIEWS = (
    *("/", "/sign-in", "/account", "/compare"),
    *("/sessions", "/sessions/<path:_rest>", "/jobs", "/jobs/<path:_rest>"),
)
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
A_YEAR = 365 * 24 * 3600
# Nothing from other hosts. Styles may be inline: charts and dialogs set theirs; hashing is WebAssembly.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "connect-src 'self' ws: wss:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def page_is_built(built: Path = BUILT) -> bool:
    return (built / "index.html").is_file()


def init_app(app: Flask, built: Path = BUILT) -> None:
    blueprint = Blueprint("page", __name__, template_folder="templates")

    def view(_rest: str = "") -> Response:
        """The same document for every view; what it shows is decided in the browser."""
        if not page_is_built(built):
            return Response(render_template("unbuilt.html"), content_type=MEDIA_TYPES[".html"])
        response = _send(built / "index.html")
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-cache"
        return response

    def asset(name: str) -> Response:
        """Files whose names change with their content. A worker lives by the policy that it came with."""
        response = _send(_inside(built / "assets", name))
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        return response

    def icon() -> Response:
        return _send(_inside(built, "favicon.svg"))

    for rule in VIEWS:
        blueprint.add_url_rule(rule, "view", view)
    blueprint.add_url_rule("/assets/<path:name>", "asset", asset)
    blueprint.add_url_rule("/favicon.svg", "icon", icon)
    app.register_blueprint(blueprint)


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise NotFound(f"The page has no file {name[:200]!r}", suggestion="Reload: it has been rebuilt")
    return path


def _send(path: Path) -> Response:
    """The compressed copy that the build put beside it, where the client takes it."""
    packed = path.with_name(path.name + ".gz")
    compressed = packed.is_file() and request.accept_encodings.quality("gzip") > 0
    content = (packed if compressed else path).read_bytes()
    response = Response(content, content_type=MEDIA_TYPES.get(path.suffix, "application/octet-stream"))
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.add_etag()
    response.make_conditional(request)
    return response
