"""Builds the server: settings, services, routes, sockets; `python app.py` serves it."""

import gc
import sys
import warnings

from services.settings import Settings, SettingsError, wanted_async_mode

if __name__ == "__main__":
    gc.disable()  # what the start loads stays: looking for garbage in it costs a tenth of a second
    # Engine.IO would load it where it is installed, for clients that nobody uses here: another tenth.
    sys.modules["aiohttp"] = None  # type: ignore[assignment]
    if wanted_async_mode() == "eventlet":
        warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated", DeprecationWarning)
        import eventlet

        eventlet.monkey_patch()  # before anything else is imported, or half the locks stay blocking ones


from flask import Flask
from flask_socketio import SocketIO

from api import (
    auth,
    commands,
    docs,
    errors,
    health,
    open_connections,
    page,
    realtime,
    serving,
    training,
    tus,
    v1,
    websocket,
)
from api.context import KEY
from api.greeting import greeting
from middleware import chunked, cors, headers, proxies, rate_limits, request_log
from services import logs, schedule
from services.installation import CannotStart, one_server_only
from services.wiring import Services, build

MAX_BODY_BYTES = 64 * 1024 * 1024  # upload routes set their own
MAX_FORM_PARTS = 50


def create_app(settings: Settings) -> Flask:
    """The web application of one installation; migrates, starts no process and no thread of work."""
    services = build(settings)
    services.database.migrate(supabase_accounts=settings.accounts == "supabase")
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES, MAX_FORM_PARTS=MAX_FORM_PARTS)
    app.extensions[KEY] = services
    proxies.init_app(app, settings.proxies)
    errors.init_app(app)
    request_log.init_app(app)
    chunked.init_app(app)
    headers.init_app(app)
    cors.init_app(app, settings.cors_origins)
    rate_limits.init_app(app, settings)
    for module in (health, auth, training, tus, v1, docs):
        app.register_blueprint(module.blueprint)
    page.init_app(app)
    open_ = open_connections.init_app(app, services)
    websocket.init_app(app, services, open_)
    app.extensions["trainyard-socketio"] = realtime.init_app(app, services, settings, open_)
    commands.init_app(app, services)
    return app


def create_cli_app() -> Flask:
    """For `flask --app app:create_cli_app clean-up` and the like."""
    app = Flask(__name__, static_folder=None)
    commands.init_alone(app, lambda: create_app(Settings.from_env()).extensions[KEY])
    return app


def main() -> int:
    try:
        settings = Settings.from_env()
        with one_server_only(settings):
            serve(settings)
    except (SettingsError, CannotStart) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def serve(settings: Settings) -> None:
    """Until the process is told to end."""
    logs.configure(settings)
    app = create_app(settings)
    services: Services = app.extensions[KEY]
    socketio: SocketIO = app.extensions["trainyard-socketio"]
    scheduler = schedule.start(services.retention, settings)
    serving.end_on_signals()
    gc.freeze()
    gc.enable()
    try:
        services.runner.start_workers()
        print(greeting(services), flush=True)
        socketio.run(app, settings.host, settings.port, **serving.server_options(settings))
    except KeyboardInterrupt:
        pass
    finally:
        serving.is_ending()
        scheduler.shutdown(wait=False)
        services.runner.stop()
        services.database.close()


if __name__ == "__main__":
    sys.exit(main())
