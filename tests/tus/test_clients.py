"""tus-js-client and tuspy against a real server: whole, cut, killed on either side, in parallel, verified."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed
from tusclient.uploader import Uploader

from tests.tus.conftest import House

CHUNK = 256 * 1024


def python(house: House, **options: Any) -> Uploader:
    client = TusClient(house.endpoint, headers={"Authorization": f"Bearer {house.client.token}"})
    wanted = {"chunk_size": CHUNK, "metadata": house.metadata, "retry_delay": 1, **options}
    made: Uploader = client.uploader(file_stream=io.BytesIO(house.file.read_bytes()), **wanted)
    return made


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunkSize": CHUNK},
        {"chunkSize": CHUNK, "withCreation": True},
        {"chunkSize": CHUNK, "deferred": True},
        {"onlyPost": True},
    ],
    ids=["one request", "chunks", "creation with upload", "deferred length", "only POST"],
)
def test_tus_js_client_uploads_a_file(house: House, options: dict[str, Any]) -> None:
    with house.javascript(**options) as client:
        url = client.end()
        job = [line["job"] for line in client.said if "answered" in line][-1]
    assert house.became(url)["job_id"] == job


@pytest.mark.usefixtures("node")
def test_tus_js_client_goes_on_when_the_server_was_killed_in_the_middle_of_a_request(house: House) -> None:
    with house.held(0.5) as wire, house.javascript(endpoint=f"{wire.url}/files/") as client:
        address = client.patched()
        assert wire.holding.wait(30)
        arrived = house.offset(address)
        house.kill_and_start()
        wire.cut()
        url = client.end()
        _, *again = client.requests("PATCH")
    assert url.rpartition("/")[2] == address.rpartition("/")[2]
    assert again and all(int(each["offset"]) >= arrived for each in again), "what had arrived was kept"
    house.became(url)


@pytest.mark.usefixtures("node")
def test_an_upload_whose_client_was_killed_goes_on_by_its_address_with_another_client(house: House) -> None:
    with house.held(0.5) as wire, house.javascript(endpoint=f"{wire.url}/files/") as client:
        address = client.patched()
        assert wire.holding.wait(30)
        arrived = house.offset(address)
        client.kill()
        wire.cut()
    url = house.endpoint + address.rpartition("/")[2]
    uploader = python(house, url=url, retries=5)
    assert arrived <= uploader.offset < house.size
    uploader.upload()
    house.became(url)


@pytest.mark.usefixtures("node")
def test_tus_js_client_sends_three_parts_at_once_and_they_become_one_file(house: House) -> None:
    with house.javascript(parallel=3, chunkSize=CHUNK) as client:
        url = client.end()
        concat = [line["concat"] for line in client.requests("POST")]
    assert concat[:3] == ["partial"] * 3
    assert concat[3].startswith("final;")
    house.became(url)


@pytest.mark.usefixtures("node")
def test_parts_sent_at_once_go_on_when_the_server_was_killed(house: House) -> None:
    with house.held(0.5) as wire, house.javascript(parallel=3, endpoint=f"{wire.url}/files/") as client:
        assert wire.holding.wait(30)
        house.kill_and_start()
        wire.cut()
        url = client.end()
        addresses = {each["url"] for each in client.requests("PATCH")}
    assert len(addresses) == 3, "each part went on where it was, none was created anew"
    house.became(url)


def test_tuspy_sends_every_chunk_with_a_checksum(house: House) -> None:
    uploader = python(house, upload_checksum=True)
    uploader.upload()
    house.became(uploader.url)


def test_a_chunk_that_was_damaged_on_its_way_is_refused_and_sent_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploader = python(house, upload_checksum=True)
    uploader.upload_chunk()
    with monkeypatch.context() as broken:
        damage_the_next_chunk(broken)
        with pytest.raises(TusUploadFailed) as refused:
            uploader.upload_chunk()
    assert refused.value.status_code == 460
    assert uploader.get_offset() == CHUNK
    uploader.upload()
    house.became(uploader.url)


def damage_the_next_chunk(patch: pytest.MonkeyPatch) -> None:
    """Between the client, which has computed its checksum, and the wire."""
    import requests

    send: Callable[..., Any] = requests.Session.send

    def damaged(self: Any, request: Any, **options: Any) -> Any:
        if request.method == "PATCH":
            body = request.body if isinstance(request.body, bytes) else request.body.read()
            request.body = body[:100] + bytes([body[100] ^ 1]) + body[101:]
        return send(self, request, **options)

    patch.setattr(requests.Session, "send", damaged)


def test_tuspy_goes_on_after_the_server_was_killed_between_chunks(house: House) -> None:
    uploader = python(house, upload_checksum=True, retries=3)
    uploader.upload(stop_at=3 * CHUNK)
    house.kill_and_start()
    again = python(house, url=uploader.url, upload_checksum=True)
    assert again.offset == uploader.offset, "what was acknowledged is there"
    again.upload()
    house.became(again.url)
