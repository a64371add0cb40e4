"""The whole way from measurements to a judged forecast, by HTTP and Socket.IO against a server it starts."""

from __future__ import annotations

import argparse
import base64
import secrets
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from examples.client import ApiError, Client
from examples.server import running

ROOT = Path(__file__).resolve().parents[1]
MODELS: tuple[dict[str, Any], ...] = (
    {"MODE": "AUTO"},
    {"MODE": "LGBMR", "N_ESTIMATORS": 60},
    {"MODE": "Dense", "LAY": 2, "N": 64, "EP": 8, "ACTF": "relu"},
)


@dataclass(frozen=True)
class Source:
    """A series to upload: file, name, role and window in hours."""

    path: Path
    name: str
    role: str
    start: float
    end: float
    column: str | None = None

    def metadata(self) -> dict[str, Any]:
        about: dict[str, Any] = {
            "bezeichnung": self.name,
            "zeithorizontStart": self.start,
            "zeithorizontEnd": self.end,
        }
        if self.column:
            about["valueColumn"] = self.column
        return about


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a CSV file of yours; without it sample data is generated")
    parser.add_argument("--column", help="the value column to forecast, where the file has several")
    parser.add_argument("--output", type=Path, default=ROOT / "demo-output", help="folder for what it makes")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="trainyard-demo-") as folder,
        running(Path(folder) / "data") as server,
    ):
        client = Client(server.url)
        client.sign_up(f"demo-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(12))
        try:
            run(client, arguments, Path(folder))
        except ApiError as error:
            print(f"The server refused: {error}", file=sys.stderr)
            return 1
    print(f"\nAll of it took {time.monotonic() - started:.0f} s; the files are in {arguments.output}")
    return 0


def run(client: Client, arguments: argparse.Namespace, folder: Path) -> None:
    session_id = client.call("POST", "/api/training/create-database-session", json={"sessionName": "Demo"})[
        "sessionUuid"
    ]
    if arguments.data:
        output, step = upload_own(client, session_id, arguments.data, arguments.column)
    else:
        output, step = upload_sample(client, session_id, folder / "sample")
    configure(client, session_id, step)
    print("Generating datasets and violin plots ...")
    datasets = client.call("POST", f"/api/training/generate-datasets/{session_id}", json={})
    for name, plot in datasets["violin_plots"].items():
        save_picture(plot["data"], arguments.output / f"violin_{slug(name)}.png")
    print(f"  {datasets['n_dat']} samples, {len(datasets['violin_plots'])} violin plots")
    show_ranking(datasets["ranking"], output)
    for model in MODELS:
        train(client, session_id, model)
    report(client, session_id, output, arguments.output)


def show_ranking(ranking: dict[str, Any], output: str) -> None:
    """The instant table: who is best on the validation part, before anything is trained."""
    if ranking["outputs"] is None:
        print(f"  no instant ranking: {ranking['undefined']}")
        return
    judged = ranking["auto"]["judged"]
    print(
        f"  instant ranking ({judged} linear models, {ranking['cpu_seconds']:.1f} s of CPU, validation MAE):"
    )
    for row in ranking["outputs"][output]["models"]:
        print(f"    {row['model']:<22}{row['MAE']:10.3f}")


def upload_sample(client: Client, session_id: str, folder: Path) -> tuple[str, int]:
    """Two years of load and temperature; the temperature of the coming day counts as known (a forecast)."""
    from services.forecasting.sample_data import write_sample_files

    load, temperature = write_sample_files(folder)
    sources = (
        Source(load, "Load history [kW]", "input", -23.75, 0),
        Source(temperature, "Temperature [°C]", "input", 0.25, 24),
        Source(load, "Load [kW]", "output", 0.25, 24),
    )
    for source in sources:
        upload(client, session_id, source)
    return "Load [kW]", 15


def upload_own(client: Client, session_id: str, path: Path, column: str | None) -> tuple[str, int]:
    """One series forecast from its own past; the step comes from what the server found in the file."""
    name = column or path.stem
    try:
        files = upload(client, session_id, Source(path, f"{name} history", "input", -96, 0, column))
    except ApiError as error:
        columns = (error.body.get("details") or {}).get("columns")
        if column or not columns:
            raise
        name = column = columns[-1]
        print(f"  several value columns ({', '.join(columns)}): forecasting the last; --column takes another")
        files = upload(client, session_id, Source(path, f"{name} history", "input", -96, 0, column))
    step = round(float(files["files"][0]["zeitschrittweite"]))
    upload(client, session_id, Source(path, name, "output", step / 60, 24, column))
    return name, step


def upload(client: Client, session_id: str, source: Source) -> dict[str, Any]:
    answer = client.upload(session_id, source.path, source.role, source.metadata())
    for row in answer["files"]:
        print(f"  {row['bezeichnung']}: {row['datenpunkte']} rows, every {row['zeitschrittweite']} min")
    return answer


def configure(client: Client, session_id: str, step: int) -> None:
    """A day ahead, a reference time every hour, local rhythm of year, week and day, holidays."""
    day = 24 * 60 // step
    rhythm = {"detaillierteBerechnung": True, "datenform": "Zeithorizont", "skalierung": "ja"}
    window = {"zeithorizontStart": step / 60, "zeithorizontEnd": 24}
    client.call(
        "POST",
        "/api/training/save-time-info",
        json={
            "sessionId": session_id,
            "timeInfo": {
                "jahr": True,
                "monat": False,
                "woche": True,
                "tag": True,
                "feiertag": True,
                "zeitzone": "Europe/Vienna",
                "category_data": {
                    "jahr": {**rhythm, **window},
                    "woche": {**rhythm, **window},
                    "tag": {**rhythm, **window},
                    "feiertag": {**rhythm, **window, "land": "AT"},
                },
            },
        },
    )
    client.call(
        "POST",
        "/api/training/save-zeitschritte",
        json={
            "sessionId": session_id,
            "zeitschritte": {
                "eingabe": str(day),
                "ausgabe": str(day),
                "zeitschrittweite": str(max(step, 60)),
                "offset": "0",
            },
        },
    )
    client.call("POST", "/api/training/finalize-session", json={"sessionId": session_id})


def train(client: Client, session_id: str, model: dict[str, Any]) -> None:
    with tqdm(total=100, desc=f"{model['MODE']:>6}", unit="%", bar_format="{l_bar}{bar}| {elapsed}") as bar:

        def progress(percent: float, _message: str) -> None:
            bar.update(max(0.0, percent - bar.n))

        split = {"trainPercentage": 70, "validationPercentage": 20, "testPercentage": 10, "shuffle": False}
        client.train_and_watch(session_id, {"model_parameters": model, "training_split": split}, progress)
        bar.update(100 - bar.n)


def report(client: Client, session_id: str, output: str, folder: Path) -> None:
    """The table against the best baseline, and the picture, archive and scalers of the best model."""
    records = client.call("GET", f"/api/training/results/{session_id}?all=true")["results"]
    skills = {record["job_id"]: record["results"]["skill"][output] for record in records}
    naive = records[0]["results"]["baselines"]
    print(f"\nTest error of {output}, MAE over all steps of the day ahead\n")
    print(f"  {'model':<24}{'MAE':>12}{'skill':>10}")
    for name, outputs in naive.items():
        print(f"  {name:<24}{outputs[output]['MAE']:>12.3f}{'':>10}")
    for record in sorted(records, key=lambda r: skills[r["job_id"]]["model_mae"]):
        skill = skills[record["job_id"]]
        print(f"  {record['results']['model_type']:<24}{skill['model_mae']:>12.3f}{skill['skill']:>10.1%}")
    best = min(skills, key=lambda job: skills[job]["model_mae"])
    plots = client.call("GET", f"/api/training/visualizations/{session_id}?job_id={best}")["plots"]
    for name, plot in plots.items():
        if plot["type"] != "violin_plot":
            save_picture(plot["data"], folder / f"{slug(name)}.png")
    client.download(f"/api/training/download-archive/{session_id}?job_id={best}", folder / "best_model.zip")
    client.download(f"/api/training/scalers/{session_id}/download?job_id={best}", folder / "scalers.zip")


def save_picture(data_uri: str, path: Path) -> None:
    path.write_bytes(base64.b64decode(data_uri.split(",", 1)[1]))


def slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name).strip("_")


if __name__ == "__main__":
    sys.exit(main())
