"""The files of a deployment: Compose's settings fit together, nginx serves a real cluster."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml
from websockets.sync.client import connect

from examples.server import ROOT, free_port, wait_until
from services.settings import Settings
from tests.clusters import Cluster
from tests.realtime.wire import ClientProcess

SECRETS = {
    "TRAINYARD_SECRET_KEY": "k" * 40,
    "POSTGRES_PASSWORD": "postgressecret",
    "REDIS_PASSWORD": "redissecret",
}
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONFIGURATION = ROOT / "deploy" / "nginx.conf"
VARIABLE = re.compile(r"\$\{(\w+)(?:(:[-?])([^}]*))?\}")


def filled_in(value: Any) -> Any:
    """As Compose does it: `:-` has a default, `:?` refuses."""
    if isinstance(value, dict):
        return {key: filled_in(item) for key, item in value.items()}
    if isinstance(value, list):
        return [filled_in(item) for item in value]
    if not isinstance(value, str):
        return value
    return VARIABLE.sub(lambda found: SECRETS.get(found[1], found[3] if found[2] == ":-" else "?"), value)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def test_every_secret_is_required(compose: dict[str, Any]) -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    used = {found[1] for found in VARIABLE.finditer(text) if found[2] != ":-"}
    assert used == set(SECRETS)
    assert all(found[2] == ":?" for found in VARIABLE.finditer(text) if found[1] in SECRETS)


@pytest.mark.parametrize("name", ["web", "worker"])
def test_the_settings_of_a_service_are_accepted_and_name_the_others(
    compose: dict[str, Any], name: str
) -> None:
    service = filled_in(compose["services"][name])
    settings = Settings.from_env(service["environment"])
    assert settings.job_runner == "celery"
    redis, postgres = filled_in(compose["services"]["redis"]), filled_in(compose["services"]["postgres"])
    assert urlsplit(settings.redis_url).hostname == "redis"
    assert urlsplit(settings.redis_url).password in redis["command"]
    address = urlsplit(settings.database_url)
    account = postgres["environment"]
    assert (address.hostname, address.port or 5432) == ("postgres", 5432)
    assert (address.username, address.password) == (account["POSTGRES_USER"], account["POSTGRES_PASSWORD"])
    assert address.path == f"/{account['POSTGRES_DB']}"
    assert service["deploy"]["replicas"] == 2
    assert service["volumes"] == ["data:/data"] and str(settings.data_dir) == "/data"
    assert service["restart"] == "unless-stopped"


def test_web_and_worker_are_the_same_installation(compose: dict[str, Any]) -> None:
    web, worker = (compose["services"][name]["environment"] for name in ("web", "worker"))
    shared = {"DATA_DIR", "DATABASE_URL", "REDIS_URL", "TRAINYARD_SECRET_KEY", "JOB_RUNNER"}
    assert {name: web[name] for name in shared} == {name: worker[name] for name in shared}


def test_nginx_leads_to_the_web_servers(compose: dict[str, Any]) -> None:
    web, nginx = compose["services"]["web"], compose["services"]["nginx"]
    assert f"server web:{web['environment']['PORT']};" in CONFIGURATION.read_text(encoding="utf-8")
    assert web["environment"]["TRAINYARD_HOST"] == "0.0.0.0"
    assert nginx["volumes"] == ["./deploy/nginx.conf:/etc/nginx/nginx.conf:ro"]
    assert nginx["ports"][0].endswith(":80")
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["nginx"]


def test_whoever_is_waited_for_can_say_that_it_is_well(compose: dict[str, Any]) -> None:
    services = compose["services"]
    awaited = {name for service in services.values() for name in service.get("depends_on", {})}
    assert awaited == {"web", "redis", "postgres"}
    assert all("test" in services[name]["healthcheck"] for name in awaited)


@pytest.fixture
def front(cluster: Cluster, tmp_path: Path) -> Iterator[str]:
    """nginx before the two servers of the cluster, with the configuration of the deployment."""
    if NGINX is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("nginx is not installed")
    port = free_port()
    text = CONFIGURATION.read_text(encoding="utf-8")
    servers = "\n".join(f"server 127.0.0.1:{server.port};" for server in cluster.servers)
    own = {"server web:5000;": servers, "listen 80;": f"listen 127.0.0.1:{port};"}
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    for written, here in {**own, "http {": f"http {{ {temporary}"}.items():
        assert written in text
        text = text.replace(written, here)
    path = tmp_path / "nginx.conf"
    path.write_text(f"pid {tmp_path}/nginx.pid;\ndaemon off;\n{text}", encoding="utf-8")
    command = [str(NGINX), "-e", f"{tmp_path}/error.log", "-c", str(path)]
    subprocess.run([*command, "-t", "-q"], check=True)
    process = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(url), 10, "nginx to answer")
    yield url
    process.terminate()
    process.wait(10)


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/health/live", timeout=2).ok
    except requests.ConnectionError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
def test_a_page_watches_its_job_through_nginx(cluster: Cluster, front: str, transports: list[str]) -> None:
    user, token = cluster.account()
    session, alias = cluster.session(user)
    process = ClientProcess(front, "python")
    try:
        wire = process.socket()
        assert wire.connect(auth={"token": token}, transports=transports)["kind"] == "connected"
        assert wire.ask("join_training_session", {"session_id": alias})["status"] == "joined"
        job = cluster.submit(user, "toy_count", session)
        wire.hear("training_completed", job_id=str(job))
    finally:
        process.close()


@pytest.mark.slow
def test_a_plain_websocket_passes_nginx(cluster: Cluster, front: str) -> None:
    user, token = cluster.account()
    job = cluster.submit(user, "toy_count", n=5)
    with connect(f"{front.replace('http', 'ws')}/ws/training/{job}", proxy=None) as socket:
        socket.send(json.dumps({"event": "auth", "token": token}))
        told = [json.loads(message) for message in socket]
    assert (told[0]["event"], told[-1]["status"]) == ("connected", "completed")


@pytest.mark.slow
@pytest.mark.slow
def test_nginx_goes_on_with_the_server_that_is_left(cluster: Cluster, front: str) -> None:
    gone = cluster.servers[0]
    gone.kill()
    try:
        assert [requests.get(f"{front}/health/ready", timeout=10).status_code for _ in range(4)] == [200] * 4
    finally:
        gone.start()
