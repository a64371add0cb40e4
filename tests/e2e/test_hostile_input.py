"""Wrong, strange and malicious input: a clear refusal each time, in one shape, and the server lives on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from examples.client import ApiError, Client
from examples.server import Server
from tests.e2e.conftest import signed_in
from tests.e2e.series import write_series

WINDOW = {"zeithorizontStart": -23, "zeithorizontEnd": 0}


@pytest.fixture(scope="module")
def client(house: Server) -> Client:
    return signed_in(house)


@pytest.fixture
def session_id(client: Client) -> str:
    answer = client.call("POST", "/api/training/create-database-session", json={"sessionName": "Hostile"})
    found: str = answer["sessionUuid"]
    return found


def refused(client: Client, method: str, path: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
    """The refusal, after checking its shape."""
    with pytest.raises(ApiError) as error:
        client.call(method, path, **arguments)
    body = error.value.body
    assert body["success"] is False
    assert isinstance(body["code"], str) and isinstance(body["error"], str) and body["error"]
    assert set(body) <= {"success", "code", "error", "suggestion", "details"}
    return error.value.status, body


def chunk(
    client: Client, session_id: str, content: bytes, *, metadata: Any = None, **about: Any
) -> dict[str, Any]:
    """One upload-chunk request of a whole small file; `about` overrides what its metadata say."""
    sent = {
        "sessionId": session_id,
        "fileName": "load.csv",
        "fileType": "input",
        "chunkIndex": 0,
        "totalChunks": 1,
        "fileHash": hashlib.sha256(content).hexdigest(),
        **about,
    }
    metadata = {"bezeichnung": "Load", **WINDOW} if metadata is None else metadata
    return client.call(
        "POST",
        "/api/training/upload-chunk",
        files={"chunk": ("load.csv", content)},
        data={"metadata": json.dumps(sent), "additionalData": json.dumps({"fileMetadata": metadata})},
    )


def refused_chunk(client: Client, session_id: str, content: bytes, **more: Any) -> tuple[int, dict[str, Any]]:
    with pytest.raises(ApiError) as error:
        chunk(client, session_id, content, **more)
    return error.value.status, error.value.body


GOOD = b"UTC;value\n" + b"".join(b"2024-01-%02d 00:00:00;%d\n" % (day, day) for day in range(1, 29))
WIDE = b"UTC;" + b";".join(b"c%d" % i for i in range(200)) + b"\n"
WIDE += b"".join(b"2024-01-%02d 00:00:00" % d + b";1.5" * 200 + b"\n" for d in range(1, 29))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "EMPTY_FILE", id="0 bytes"),
        pytest.param(b"UTC;value\n2024-01-01 00:00:00;1\n", "TOO_FEW_ROWS", id="1 row"),
        pytest.param(b"\0" * 5000, "NOT_TEXT", id="NULs"),
        pytest.param(WIDE, "COLUMNS_UNDECIDED", id="200 columns"),
        pytest.param(b"UTC;value\n" + b"7" * 10_000_000, "LINE_TOO_LONG", id="10 MB line"),
        pytest.param(GOOD.replace(b";7\n", b";seven\n"), "NOT_NUMERIC", id="a word among numbers"),
        pytest.param(
            b"UTC;value\n" + b"".join(b"%02d/03/2024 00:00;%d\n" % (d, d) for d in range(1, 13)),
            "AMBIGUOUS_DATE",
            id="day or month first",
        ),
    ],
)
def test_a_file_that_is_no_series_is_refused_with_its_reason(
    client: Client, session_id: str, content: bytes, code: str
) -> None:
    status, body = refused_chunk(client, session_id, content)
    assert (status, body["code"]) == (422, code)
    assert body["suggestion"]
    assert client.call("GET", f"/api/training/csv-files/{session_id}")["data"] == []


@pytest.mark.parametrize(
    ("about", "status"),
    [
        pytest.param({"fileName": "../../../outside.csv"}, 400, id="path traversal"),
        pytest.param({"fileName": "/etc/passwd"}, 400, id="absolute path"),
        pytest.param({"fileName": "a\0b.csv"}, 400, id="NUL in the name"),
        pytest.param({"fileName": ""}, 400, id="no name"),
        pytest.param({"fileName": "x" * 300 + ".csv"}, 400, id="300 letters"),
        pytest.param({"chunkIndex": -1}, 400, id="negative index"),
        pytest.param({"chunkIndex": 1}, 400, id="index beyond the total"),
        pytest.param({"totalChunks": 0}, 400, id="no chunks"),
        pytest.param({"totalChunks": 10**9}, 400, id="huge totalChunks"),
        pytest.param({"chunkIndex": "zero"}, 400, id="index in words"),
        pytest.param({"fileType": "both"}, 400, id="unknown type"),
        pytest.param({"fileHash": "0" * 64}, 422, id="wrong file hash"),
        pytest.param({"chunkHash": "0" * 64}, 422, id="wrong chunk hash"),
        pytest.param({"fileHash": "xyz"}, 400, id="no hash at all"),
        pytest.param({"colour": "red"}, 400, id="unknown field"),
        pytest.param({"sessionId": "../.."}, 400, id="traversal in the session id"),
    ],
)
def test_chunk_metadata_that_cannot_be_true_is_refused(
    house: Server, client: Client, session_id: str, about: dict[str, Any], status: int
) -> None:
    found, body = refused_chunk(client, session_id, GOOD, **about)
    assert found == status, body
    assert not list(house.folder.parent.glob("outside*"))
    assert chunk(client, session_id, GOOD)["success"], "the honest upload still works"


@pytest.mark.parametrize(
    ("metadata", "word"),
    [
        ({"bezeichnung": "Load", **WINDOW, "skalierungMin": 1, "skalierungMax": 0}, "skalierung"),
        ({"bezeichnung": "Load", **WINDOW, "skalierungMin": 1, "skalierungMax": 1}, "skalierung"),
        ({"bezeichnung": "Load", "zeithorizontStart": 5, "zeithorizontEnd": -5}, "zeithorizont"),
        ({"bezeichnung": "Load", **WINDOW, "farbe": "rot"}, "farbe"),
        ({"bezeichnung": "", **WINDOW}, "bezeichnung"),
        ({"bezeichnung": "Load", **WINDOW, "datenanpassung": "Zauberei"}, "datenanpassung"),
        ({"bezeichnung": "Load", **WINDOW, "valueColumn": "nosuch"}, "nosuch"),
        ([], "fileMetadata"),
    ],
)
def test_file_metadata_that_cannot_be_used_name_the_field(
    client: Client, session_id: str, metadata: Any, word: str
) -> None:
    status, body = refused_chunk(client, session_id, GOOD, metadata=metadata)
    assert status in (400, 422)
    assert word in json.dumps(body, ensure_ascii=False)


@pytest.mark.parametrize(
    "steps",
    [
        {"zeitschrittweite": 0},
        {"zeitschrittweite": -15},
        {"zeitschrittweite": "NaN"},
        {"zeitschrittweite": "quick"},
        {"eingabe": 0},
        {"ausgabe": 4097},
        {"eingabe": 1.5},
        {"eingabe": True},
        {"schritte": 3},
    ],
    ids=str,
)
def test_impossible_steps_are_refused_and_name_the_field(
    client: Client, session_id: str, steps: dict[str, Any]
) -> None:
    given = {"eingabe": 24, "ausgabe": 24, "zeitschrittweite": 60, "offset": 0, **steps}
    body = {"sessionId": session_id, "zeitschritte": given}
    status, answer = refused(client, "POST", "/api/training/save-zeitschritte", json=body)
    assert status in (400, 422)
    assert next(iter(steps)) in json.dumps(answer)


def with_files(client: Client, session_id: str, folder: Path, **steps: Any) -> None:
    path = write_series(folder / "load.csv", days=20)
    client.upload(session_id, path, "input", {"bezeichnung": "History", **WINDOW})
    ahead = {"zeithorizontStart": 1, "zeithorizontEnd": 24}
    client.upload(session_id, path, "output", {"bezeichnung": "Load", **ahead})
    given = {"eingabe": 24, "ausgabe": 24, "zeitschrittweite": 60, "offset": 0, **steps}
    body = {"sessionId": session_id, "zeitschritte": given}
    client.call("POST", "/api/training/save-zeitschritte", json=body)
    client.call("POST", "/api/training/finalize-session", json={"sessionId": session_id})


def test_windows_beyond_the_data_are_refused_with_the_reason(
    client: Client, session_id: str, tmp_path: Path
) -> None:
    with_files(client, session_id, tmp_path)
    (history, *_) = client.call("GET", f"/api/training/csv-files/{session_id}?type=input")["data"]
    far = {"zeithorizont_start": -24 * 30}
    client.call("PUT", f"/api/training/csv-files/{history['id']}", json=far)
    status, body = refused(client, "POST", f"/api/training/generate-datasets/{session_id}", json={})
    assert (status, body["code"]) == (422, "NO_SAMPLES")


@pytest.mark.slow
def test_one_step_in_and_one_step_out_is_a_valid_forecast(
    client: Client, session_id: str, tmp_path: Path
) -> None:
    with_files(client, session_id, tmp_path, eingabe=1, ausgabe=1)
    answer = client.call("POST", f"/api/training/generate-datasets/{session_id}", json={})
    assert answer["n_dat"] > 400
    client.train_and_watch(session_id, {"model_parameters": {"MODE": "LIN"}}, lambda _percent, _text: None)
    (record,) = client.call("GET", f"/api/training/results/{session_id}")["results"]
    assert record["results"]["output_steps"] == 1


@pytest.mark.parametrize(
    "model",
    [
        {"MODE": "Magic"},
        {"MODE": "Dense", "LAY": 17},
        {"MODE": "Dense", "N": 0},
        {"MODE": "Dense", "EP": "many"},
        {"MODE": "Dense", "ACTF": "shiny"},
        {"MODE": "SVR_MIMO", "C": -1},
        {"MODE": "SVR_MIMO", "KERNEL": "corn"},
        {"MODE": "LIN", "LAYERS": 3},
        {"LAY": 3},
    ],
    ids=str,
)
def test_impossible_model_parameters_are_refused_and_name_the_field(
    client: Client, session_id: str, tmp_path: Path, model: dict[str, Any]
) -> None:
    with_files(client, session_id, tmp_path)
    path = f"/api/training/train-models/{session_id}"
    status, body = refused(client, "POST", path, json={"model_parameters": model})
    assert status in (400, 422)
    assert body["code"] == "INVALID_MODEL_PARAMS"
    assert (list(model)[-1] if "MODE" in model else "MODE") in json.dumps(body)


def test_broken_json_and_no_json_are_a_400(client: Client) -> None:
    for sent in (b"{", b"[1]", b"", b"\xff\xfe", b'{"sessionId": NaN}'):
        answer = requests.post(
            f"{client.url}/api/training/save-zeitschritte",
            data=sent,
            headers={"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"},
            timeout=30,
        )
        assert answer.status_code in (400, 422), sent
        assert answer.json()["success"] is False


def test_somebody_elses_session_does_not_exist(house: Server, session_id: str) -> None:
    stranger = signed_in(house)
    for path in (f"/api/training/session/{session_id}", f"/api/training/results/{session_id}"):
        status, body = refused(stranger, "GET", path)
        assert (status, body["code"]) == (404, "SESSION_NOT_FOUND")
    status, _body = refused_chunk(stranger, session_id, GOOD)
    assert status == 404
