"""Routes of the model registry, described."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.docs.operation import Obj, Operation, Operations, answer, given, optional, query
from api.docs.results import TestSamples
from services.registry.models import ModelChange, PromoteBody, RegisterBody

REGISTRY = "Model registry"
M = "/api/v1/models"
MODEL = f"{M}/<model>"
VERSION = f"{MODEL}/versions/<version>"


class VersionErrors(BaseModel):
    """Of one output, over the test samples for which every baseline has a forecast."""

    MAE: float | None
    RMSE: float | None
    WAPE: float | None
    MASE: float | None
    skill: float | None
    best_baseline: str | None


class ModelVersion(BaseModel):
    """A completed training as a version of a model."""

    version: int
    champion: bool
    job_id: str
    job_name: str | None
    session_id: str
    mode: str
    created_at: str
    completed_at: str | None
    duration_seconds: float | None
    test_samples: TestSamples
    dataset: str | None = Field(description="fingerprint")
    outputs: dict[str, VersionErrors]


class ModelSummary(BaseModel):
    id: str
    name: str
    description: str | None
    session_id: str | None = Field(description="whose trainings become its versions by themselves")
    session_name: str | None
    version_count: int
    champion: ModelVersion | None
    latest: ModelVersion | None
    created_at: str
    updated_at: str


class Promotion(BaseModel):
    """A row of the log, to which rows are only added."""

    version: int
    previous: int | None = Field(description="the champion until then")
    note: str | None
    promoted_at: str


class Model(ModelSummary):
    versions: list[ModelVersion] = Field(description="newest first")
    promotions: list[Promotion] = Field(description="newest first")


class ModelFile(BaseModel):
    kind: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str


class ModelFormat(BaseModel):
    format: str = Field(description="archive, keras, h5, npz, onnx, skops, txt, json, scalers, scalers_save")
    files: list[ModelFile]


class SourceFile(BaseModel):
    """A series as it was trained on."""

    file_id: str
    name: str
    role: Literal["input", "output"]
    sha256: str = Field(description="of the series")
    start_hours: float
    end_hours: float
    form: str
    lags: list[str]
    recipe: list[Any]
    file_name: str | None
    file_sha256: str | None = Field(description="of the file as uploaded")
    state: Literal["as then", "changed", "gone"]


class DatasetOfVersion(BaseModel):
    fingerprint: str | None
    samples: int
    split: Obj | None
    test_samples: TestSamples
    input_features: list[str]
    output_features: list[str]
    input_steps: int
    output_steps: int
    notes: list[Any]


class JobOfVersion(BaseModel):
    id: str
    name: str | None
    workload: str
    status: str
    reason: str | None
    notes: str | None
    tags: list[str]
    attempt: int
    device: str | None
    restart_of: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    active_seconds: float


class MetricsOfOutput(BaseModel):
    samples: int | None
    model: dict[str, float | None]
    baselines: dict[str, dict[str, float | None]]
    best_baseline: str | None


class Lineage(BaseModel):
    """Files → dataset → config → job → metrics."""

    files: list[SourceFile]
    dataset: DatasetOfVersion
    parameters: Obj = Field(description="of the model: those that its MODE reads")
    config: Obj
    config_hash: str
    job: JobOfVersion
    metrics: dict[str, MetricsOfOutput]
    environment: dict[str, str | None]
    artifacts: list[ModelFile]
    formats: list[ModelFormat]


class ModelName(BaseModel):
    id: str
    name: str


class Pair(BaseModel):
    a: float | None
    b: float | None
    change: float | None = Field(description="b - a")
    better: Literal["a", "b"] | None


class Setting(BaseModel):
    path: str
    a: Any
    b: Any


ONE = answer("ModelAnswer", model=Model)
OPERATIONS: Operations = {
    f"GET {M}": Operation(
        "Models, those that changed last first.",
        REGISTRY,
        {200: answer("ModelPage", models=list[ModelSummary], total=int, limit=int, offset=int)},
        query=query(
            "ModelsQuery",
            session_id=optional(str, "the model of this session alone"),
            search=optional(str, "any part of the name, whatever its case"),
            limit=(int, Field(default=50, ge=1, le=200)),
            offset=(int, Field(default=0, ge=0)),
        ),
    ),
    f"POST {M}": Operation(
        "Make a training a version of a model; those of a session become versions by themselves.",
        REGISTRY,
        {200: answer("Known", model=Model, version=int), 201: answer("Registered", model=Model, version=int)},
        body=RegisterBody,
        answer_headers={201: {"Location": "the path of the version"}},
        refuses=(400, 404, 409, 422),
    ),
    f"GET {MODEL}": Operation("A model with its versions and promotions.", REGISTRY, {200: ONE}),
    f"PATCH {MODEL}": Operation(
        "Another name or description.", REGISTRY, {200: ONE}, body=ModelChange, refuses=(400, 404, 409, 422)
    ),
    f"DELETE {MODEL}": Operation(
        "Delete a model that was made by name; the trainings that are its versions stay.",
        REGISTRY,
        {200: answer("ModelDeleted")},
        refuses=(404, 409),
    ),
    f"DELETE {VERSION}": Operation(
        "Take a version out of a model that was made by name, where it is not the champion.",
        REGISTRY,
        {200: answer("VersionDeleted")},
        refuses=(400, 404, 409),
    ),
    f"POST {MODEL}/promote": Operation(
        "Make a version the champion, which predictions use that name no training.",
        REGISTRY,
        {200: ONE},
        body=PromoteBody,
        refuses=(400, 404, 409, 422),
    ),
    f"GET {MODEL}/compare": Operation(
        "Two versions: their errors, where the same samples judged them, and the settings that differ.",
        REGISTRY,
        {
            200: answer(
                "Comparison",
                a=ModelVersion,
                b=ModelVersion,
                comparable=bool,
                reason=(str | None, Field(description="why they are not comparable")),
                outputs=dict[str, dict[str, Pair]],
                config=list[Setting],
            )
        },
        query=query(
            "CompareQuery",
            a=given(str, "a number, champion or latest"),
            b=given(str, "a number, champion or latest"),
        ),
        refuses=(400, 404, 422),
    ),
    f"GET {VERSION}": Operation(
        "A version with files, dataset, config, job and metrics.",
        REGISTRY,
        {200: answer("VersionAnswer", model=ModelName, version=ModelVersion, lineage=Lineage)},
    ),
    f"GET {VERSION}/download": Operation(
        "A file of a version.",
        REGISTRY,
        {200: None},
        query=query(
            "VersionDownloadQuery",
            format=optional(str, "as `formats` of the version lists them; default archive"),
            file=optional(str, "which file, where the model has several of a format"),
        ),
        file="application/octet-stream",
    ),
}
