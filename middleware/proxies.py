"""What proxies say of a client: its address, and whether it came by HTTPS; believed where settings say so."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix


def init_app(app: Flask, proxies: int) -> None:
    """`proxies` stand between the clients and this server; what others put into these headers is ignored."""
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)  # type: ignore[method-assign]
