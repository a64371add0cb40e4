"""What each route needs of a session, for services.access to decide; a route not named asks by method."""

from __future__ import annotations

from flask import request

from services.access import Need

TRAINING, NATIVE = "/api/training", "/api/v1"
SESSION = f"{NATIVE}/sessions/<session_id>"
JOB = f"{NATIVE}/training/jobs/<job_id>"

OWN = {
    f"DELETE {SESSION}",
    f"POST {SESSION}/restore",
    f"POST {TRAINING}/session/<session_id>/delete",
    f"POST {TRAINING}/delete-all-sessions",
    f"GET {SESSION}/shares",
    f"POST {SESSION}/shares",
    f"PATCH {SESSION}/shares/<share_id>",
    f"DELETE {SESSION}/shares/<share_id>",
    f"GET {NATIVE}/api-keys",
    f"POST {NATIVE}/api-keys",
    f"DELETE {NATIVE}/api-keys/<key_id>",
    f"GET {TRAINING}/api-keys/<session_id>",
    f"POST {TRAINING}/api-keys/<session_id>",
    f"DELETE {TRAINING}/api-keys/<key_id>",
}
PREDICT = {
    f"POST {TRAINING}/forecast/<session_id>",
    f"GET {TRAINING}/forecast-config/<session_id>",
    f"POST {TRAINING}/predict/<session_id>",
    f"POST {SESSION}/predict",
    f"GET {SESSION}/predict/inputs",
    f"POST {SESSION}/predict/inputs",
}
TRAIN = {
    f"POST {TRAINING}/generate-datasets/<session_id>",
    f"POST {TRAINING}/train-models/<session_id>",
    f"POST {TRAINING}/search/<session_id>",
    f"POST {TRAINING}/backtest/<session_id>",
    f"POST {NATIVE}/training/jobs",
    *(
        f"POST {JOB}/{action}"
        for action in ("submit", "pause", "resume", "finish", "cancel", "retry", "restart")
    ),
}
# Shows what unsaved settings would do and keeps nothing; with files and settings in its body no GET would do.
LOOK = {f"POST {SESSION}/windows/preview"}
READS = ("GET", "HEAD")
INSIDE = ("<session_id>", "<job_id>", "<file_id>", "<model>")  # of a rule that names something of a session


def needed() -> Need:
    """By the request that is being served."""
    route = _route()
    for need, routes in ((Need.OWN, OWN), (Need.PREDICT, PREDICT), (Need.TRAIN, TRAIN), (Need.READ, LOOK)):
        if route in routes:
            return need
    return Need.READ if request.method in READS else Need.EDIT


def is_for_persons() -> bool:
    """Accounts, lists over all sessions, keys, sharing: no key gets there, whatever its scope."""
    route, need = _route(), needed()
    if need in (Need.PREDICT, Need.TRAIN):
        return False
    rule = route.partition(" ")[2]
    return need is not Need.READ or not any(name in rule for name in INSIDE)


def _route() -> str:
    method = "GET" if request.method == "HEAD" else request.method
    return f"{method} {request.url_rule.rule if request.url_rule else request.path}"
