"""Writes the OpenAPI document, from the routes alone: `python -m api.docs.write web/openapi.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from flask import Flask

from api import auth, docs, training, v1
from api.docs.document import build


def main() -> int:
    app = Flask(__name__, static_folder=None)
    for module in (auth, training, v1, docs):
        app.register_blueprint(module.blueprint)
    Path(sys.argv[1]).write_text(json.dumps(build(app.url_map), indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
