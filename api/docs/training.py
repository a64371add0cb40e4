"""Routes of datasets, trainings, results and models of a session, described."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.docs.operation import (
    JOB_ID,
    QUEUED,
    STILL_WORKING,
    Obj,
    Objects,
    Operation,
    Operations,
    answer,
    body,
    given,
    maybe,
    optional,
    query,
)
from api.docs.rankings import RankingTable
from services.workload_forms import BacktestBody, DatasetBody, SearchBody, TrainingBody

DATASETS, TRAINING, RESULTS, MODELS = "Datasets", "Training", "Results", "Models"
T = "/api/training"
STARTS = (400, 403, 404, 409, 422)
OF = {"session_id": str}
STUDY = {
    **OF,
    "job_id": str,
    "status": str,
    "progress": float,
    "current_step": (str | None, ...),
    "completed_at": (str | None, ...),
    "queue_position": (int | None, ...),
    "job_error": (Obj | None, ...),
    "results": (Obj | None, ...),
}
RECORDS = answer("Results", results=Objects, count=int, n_dat=(int | None, ...))
RESULTS_QUERY = query(
    "ResultsQuery",
    job_id=optional(str, "a training of the session; without it the newest"),
    all=(bool, Field(default=False, description="all trainings side by side")),
)
ZIP = "application/zip"


class StoredPlot(BaseModel):
    """A picture that a job left, with the numbers behind it."""

    data: str = Field(description="data URI of the PNG")
    type: str
    label: str | None
    numbers: dict[str, Any]
    job_id: str


_DATASETS: Operations = {
    f"POST {T}/generate-datasets/<session_id>": Operation(
        "Cut the files into samples, rank the inputs and draw violin plots.",
        DATASETS,
        {
            200: answer(
                "Datasets",
                **OF,
                message=str,
                dataset_count=int,
                n_dat=int,
                dropped=(Any, ...),
                notes=list[Any],
                recipes=list[Any],
                ranking=(Any, ...),
                violin_plots=Obj,
                job_id=str,
            ),
            202: STILL_WORKING,
        },
        body=DatasetBody,
        refuses=(*STARTS, 503),
    ),
    f"GET {T}/ranking/<session_id>": Operation(
        "The instant ranking of the newest dataset.",
        DATASETS,
        {200: answer("Ranking", **OF, ranking=RankingTable, job_id=str)},
    ),
    f"GET {T}/download-arrays/<session_id>": Operation(
        "The samples as .npz; 202 while they are written.",
        DATASETS,
        {200: None, 202: STILL_WORKING},
        file="application/octet-stream",
        refuses=(400, 404, 422, 503),
    ),
    f"GET {T}/plot-variables/<session_id>": Operation(
        "What can be plotted.",
        DATASETS,
        {
            200: answer(
                "Variables",
                input_variables=list[str],
                output_variables=list[str],
                time_components=list[str],
                job_id=(str | None, ...),
                **OF,
            )
        },
        query=JOB_ID,
    ),
}
_TRAINING: Operations = {
    f"POST {T}/train-models/<session_id>": Operation(
        "Queue a training.", TRAINING, {202: QUEUED}, body=TrainingBody, refuses=STARTS
    ),
    f"GET {T}/status/<session_id>": Operation(
        "How far the newest training is.",
        TRAINING,
        {
            200: answer(
                "Status",
                **OF,
                status=str,
                progress=float,
                current_step=(str | None, ...),
                completed_at=(str | None, ...),
                job_id=maybe(str),
                queue_position=maybe(int | None),
                job_error=maybe(Obj | None),
            )
        },
    ),
    f"POST {T}/backtest/<session_id>": Operation(
        "Queue a backtest.", TRAINING, {202: QUEUED}, body=BacktestBody, refuses=STARTS
    ),
    f"GET {T}/backtest/<session_id>": Operation(
        "How far a backtest is and what it found.", TRAINING, {200: answer("Backtest", **STUDY)}, query=JOB_ID
    ),
    f"POST {T}/search/<session_id>": Operation(
        "Queue a search.", TRAINING, {202: QUEUED}, body=SearchBody, refuses=STARTS
    ),
    f"GET {T}/search/<session_id>": Operation(
        "How far a search is, with every trial that has ended.",
        TRAINING,
        {200: answer("Search", **STUDY, search=Obj)},
        query=JOB_ID,
    ),
}
_RESULTS: Operations = {
    f"GET {T}/results-summary/<session_id>": Operation(
        "What a session has, without any of it.",
        RESULTS,
        {
            200: answer(
                "Summary",
                **OF,
                n_dat=(int | None, ...),
                workflow_phase=str,
                has_training_results=bool,
                has_trained_model=bool,
                model_count=int,
                has_violin_plots=bool,
                violin_plot_types=list[str],
            )
        },
    ),
    f"GET {T}/results/<session_id>": Operation(
        "The record of a training.", RESULTS, {200: RECORDS}, query=RESULTS_QUERY
    ),
    f"GET {T}/get-training-results/<session_id>": Operation(
        "The same by the page's other path.", RESULTS, {200: RECORDS}, query=RESULTS_QUERY
    ),
    f"GET {T}/evaluation-tables/<session_id>": Operation(
        "The error tables of a training.",
        RESULTS,
        {200: answer("Tables", **OF, job_id=str, df_eval=Obj, df_eval_ts=Obj, model_type=str)},
        query=JOB_ID,
    ),
    f"POST {T}/save-evaluation-tables/<session_id>": Operation(
        "Replace the tables of a training by edited ones of the same shape.",
        RESULTS,
        {200: answer("TablesSaved", **OF, message=str, saved_at=str)},
        body=body(
            "SaveTables",
            df_eval=given(dict[str, Any]),
            df_eval_ts=given(dict[str, Any]),
            model_type=optional(str, "must be that of the training"),
            job_id=optional(str, "without it the newest"),
        ),
        refuses=(400, 404, 422),
    ),
    f"GET {T}/evaluation/<session_id>": Operation(
        "Error per horizon step, profile, significance, quantile scores and the worst windows, in full.",
        RESULTS,
        {200: answer("Evaluation", **OF, job_id=str)},
        query=JOB_ID,
    ),
    f"GET {T}/visualizations/<session_id>": Operation(
        "The stored plots.",
        RESULTS,
        {
            200: answer(
                "Visualizations",
                **OF,
                message=str,
                plots=dict[str, StoredPlot],
                metadata=Obj,
                created_at=(str | None, ...),
                n_dat=(int | None, ...),
            )
        },
        query=JOB_ID,
    ),
    f"POST {T}/generate-plot": Operation(
        "Draw chosen variables over test samples of a training.",
        RESULTS,
        {
            200: answer("Plot", **OF, message=str, job_id=str, plot_data=str, data=(Any, ...)),
            202: STILL_WORKING,
        },
        body=body(
            "PlotRequest",
            sessionId=optional(str, "the session"),
            session_id=optional(str, "the same by another name"),
            model_id=optional(str, "the job of a training; without it the newest"),
            model_filename=optional(str, "or a model file's name"),
            plot_settings=optional(dict[str, Any], "num_sbpl, x_sbpl, y_sbpl_fmt, y_sbpl_set"),
            df_plot_in=optional(dict[str, bool], "which inputs"),
            df_plot_out=optional(dict[str, bool], "which outputs"),
            df_plot_fcst=optional(dict[str, bool], "which forecasts"),
        ),
        refuses=(400, 404, 422, 503),
    ),
}
_MODELS: Operations = {
    f"POST {T}/save-model/<session_id>": Operation(
        "Say what is stored: every training stores its model when it completes.",
        MODELS,
        {200: answer("Stored", **OF, message=str, models=list[Any], total_uploaded=int)},
    ),
    f"GET {T}/list-models-database/<session_id>": Operation(
        "The model files of a session.", MODELS, {200: answer("ModelList", **OF, data=Obj)}
    ),
    f"GET {T}/download-model-h5/<session_id>": Operation(
        "A model file.",
        MODELS,
        {200: None},
        query=query(
            "ModelQuery",
            filename=optional(str, "the file"),
            job_id=optional(str, "a training; without it the newest"),
        ),
        file="application/octet-stream",
    ),
    f"GET {T}/download-archive/<session_id>": Operation(
        "Model, scalers, predict.py and an example in one ZIP.", MODELS, {200: None}, query=JOB_ID, file=ZIP
    ),
    f"POST {T}/predict/<session_id>": Operation(
        "Apply a trained model to new windows.",
        MODELS,
        {
            200: answer(
                "Prediction",
                **OF,
                predictions=list[Any],
                output_features=list[str],
                quantiles=(Obj | None, ...),
                no_quantiles=(str | None, ...),
                model_used=str,
                trained_job_id=str,
                chosen_by=(Literal["request", "champion", "newest"], ...),
                job_id=str,
                timestamp=(str | None, ...),
                input_count=int,
                scaling_applied=bool,
            ),
            202: STILL_WORKING,
        },
        body=body(
            "PredictRequest",
            input_data=given(list[list[list[float]]], "windows: samples, steps, features"),
            model_filename=optional(str, "a model file of the session"),
            job_id=optional(str, "a training; without it the champion, or else the newest"),
            apply_scaling=(bool, True),
        ),
        refuses=(400, 403, 404, 422, 503),
    ),
    f"GET {T}/scalers/<session_id>": Operation(
        "The scalers of a training.", MODELS, {200: answer("Scalers", **OF, scalers=Obj)}, query=JOB_ID
    ),
    f"GET {T}/scalers/<session_id>/download": Operation(
        "The scalers as the first system's .save files.", MODELS, {200: None}, query=JOB_ID, file=ZIP
    ),
    f"POST {T}/scale-data/<session_id>": Operation(
        "Scale rows as a training scaled its inputs.",
        MODELS,
        {200: answer("Scaled", **OF, scaled_data=list[Any], scaling_info=Obj, metadata=Obj)},
        body=body(
            "ScaleRequest",
            input_data=given(list[list[float]], "rows of all input features"),
            save_scaled=(bool, False),
            job_id=optional(str, "a training; without it the newest"),
        ),
        refuses=(400, 404, 422),
    ),
    f"GET {T}/environment-info": Operation(
        "The versions a model is made with.",
        MODELS,
        {
            200: answer(
                "Environment",
                python=str,
                tensorflow=(str | None, ...),
                keras=(str | None, ...),
                numpy=(str | None, ...),
                scikit_learn=(str | None, Field(alias="scikit-learn")),
                lightgbm=(str | None, ...),
                skops=(str | None, ...),
                pip_install=str,
            )
        },
        refuses=(400,),
    ),
}
OPERATIONS: Operations = {**_DATASETS, **_TRAINING, **_RESULTS, **_MODELS}
