"""The services of one installation; build() is the one place that picks adapters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from services import workloads
from services.accounts import Accounts, SignIns
from services.accounts.local import LocalAccounts
from services.accounts.local_sign_ins import LocalSignIns, SignInsElsewhere
from services.admins import Admins
from services.api_keys import ApiKeys
from services.audit import Audit
from services.backtests import Backtests
from services.datasets import Datasets
from services.devices.workforce import Workforce
from services.distributions import Distributions
from services.events import EventBus
from services.files import Files
from services.forecast_inputs import ForecastInputs
from services.forecast_inputs.serving import Forecasts
from services.interactive import SmallJobs
from services.job_requests import JobRequests, Starts
from services.jobs import Jobs
from services.jobs.local import LocalRunner
from services.jobs.runner import JobRunner
from services.leaderboard import Leaderboard
from services.models import Models
from services.page_services import PageServices, build_page
from services.plans import Plans
from services.plans.overview import UsageOverview
from services.plots import Plots
from services.prediction import Prediction
from services.queues import Queues
from services.registry.models import Registry
from services.results import Results
from services.retention import Retention
from services.scaling import Scaling
from services.searches import Searches
from services.sessions import Sessions
from services.settings import Settings
from services.sharing import Sharing
from services.storage.blobs import Blobs
from services.storage.blobs.opening import open_blobs
from services.storage.database import Database
from services.time_settings import TimeSettings
from services.training import Training
from services.uploads.chunks import UPLOADS, ChunkStore
from services.uploads.service import Uploads
from services.uploads.tus.service import TusUploads
from services.window_forecasts import WindowForecasts
from services.windows import Windows
from services.windows.kept import Kept
from services.workload_catalogue import WorkloadCatalogue


@dataclass(frozen=True)
class Services:
    """What the routes and sockets call."""

    settings: Settings
    database: Database
    blobs: Blobs
    bus: EventBus
    plans: Plans
    usage: UsageOverview
    accounts: Accounts
    sign_ins: SignIns
    admins: Admins
    audit: Audit
    runner: JobRunner
    jobs: Jobs
    workloads: WorkloadCatalogue
    workforce: Workforce
    job_requests: JobRequests
    queues: Queues
    sessions: Sessions
    sharing: Sharing
    api_keys: ApiKeys
    time_settings: TimeSettings
    files: Files
    page: PageServices
    uploads: Uploads
    tus: TusUploads
    datasets: Datasets
    windows: Windows
    distributions: Distributions
    forecast_inputs: ForecastInputs
    forecasts: Forecasts
    training: Training
    backtests: Backtests
    searches: Searches
    results: Results
    leaderboard: Leaderboard
    window_forecasts: WindowForecasts
    models: Models
    registry: Registry
    plots: Plots
    prediction: Prediction
    scaling: Scaling
    retention: Retention


def build(settings: Settings) -> Services:
    """Wire everything on a database whose schema is current; nothing is started yet."""
    database = Database(settings.database_url)
    blobs = open_blobs(settings, database)
    plans = Plans(database)
    place = _in_a_cluster if settings.job_runner == "celery" else _in_one_place
    bus, runner = place(database, blobs, plans, settings)
    known = workloads.load(settings.extra_workloads)
    jobs = Jobs(database, bus, plans, known, settings, runner, blobs)
    chunks = ChunkStore(settings.data_dir / UPLOADS)
    sessions = Sessions(database, blobs, jobs, chunks)
    files = Files(database, blobs, jobs, sessions)
    uploads = Uploads(database, blobs, sessions, jobs, plans, chunks, settings)
    small_jobs = SmallJobs(jobs, settings.interactive_wait_seconds)
    datasets = Datasets(database, blobs, sessions, jobs, small_jobs)
    training = Training(sessions, datasets, jobs)
    searches = Searches(sessions, datasets, jobs)
    backtests = Backtests(database, sessions, datasets, jobs)
    workforce = Workforce(database)
    catalogue = WorkloadCatalogue(known, sessions, datasets)
    starts = _starts(training, searches, backtests, datasets)
    return Services(
        settings=settings,
        database=database,
        blobs=blobs,
        bus=bus,
        plans=plans,
        usage=UsageOverview(database),
        runner=runner,
        jobs=jobs,
        workforce=workforce,
        workloads=catalogue,
        job_requests=JobRequests(jobs, catalogue, workforce, starts),
        queues=Queues(database),
        sessions=sessions,
        sharing=Sharing(database, sessions),
        api_keys=ApiKeys(database, sessions),
        time_settings=TimeSettings(database, sessions),
        files=files,
        page=build_page(database, blobs, settings, jobs, sessions, files),
        uploads=uploads,
        tus=TusUploads(uploads, plans, settings),
        datasets=datasets,
        training=training,
        searches=searches,
        backtests=backtests,
        results=Results(database, blobs, sessions, jobs),
        retention=Retention(database, blobs, settings),
        **_people(database, plans, settings),
        **_views(database, blobs, sessions, small_jobs, datasets),
    )


class _Views(TypedDict):
    """What only looks at sessions and at what their jobs left."""

    windows: Windows
    distributions: Distributions
    forecast_inputs: ForecastInputs
    forecasts: Forecasts
    leaderboard: Leaderboard
    window_forecasts: WindowForecasts
    models: Models
    registry: Registry
    plots: Plots
    prediction: Prediction
    scaling: Scaling


def _views(
    database: Database, blobs: Blobs, sessions: Sessions, small_jobs: SmallJobs, datasets: Datasets
) -> _Views:
    kept, prediction = Kept(blobs), Prediction(database, sessions, small_jobs)
    inputs = ForecastInputs(database, sessions, prediction, kept)
    return {
        "windows": Windows(database, sessions, kept),
        "distributions": Distributions(sessions, datasets, kept),
        "forecast_inputs": inputs,
        "forecasts": Forecasts(database, sessions, inputs),
        "leaderboard": Leaderboard(database, blobs, sessions),
        "window_forecasts": WindowForecasts(database, blobs),
        "models": Models(database, blobs, sessions),
        "registry": Registry(database, blobs, sessions),
        "plots": Plots(database, blobs, sessions, small_jobs),
        "prediction": prediction,
        "scaling": Scaling(database, blobs, sessions),
    }


def _starts(
    training: Training, searches: Searches, backtests: Backtests, datasets: Datasets
) -> dict[str, Starts]:
    """By workload, who writes the config of its jobs."""
    return {"forecast": training, "search": searches, "backtest": backtests, "dataset": datasets}


class _People(TypedDict):
    """Who may come in, and what is known of that."""

    accounts: Accounts
    sign_ins: SignIns
    admins: Admins
    audit: Audit


def _people(database: Database, plans: Plans, settings: Settings) -> _People:
    accounts, sign_ins = _accounts(database, plans, settings)
    return {
        "accounts": accounts,
        "sign_ins": sign_ins,
        "admins": Admins(database, settings.admins),
        "audit": Audit(database, settings.audit_days),
    }


def _accounts(database: Database, plans: Plans, settings: Settings) -> tuple[Accounts, SignIns]:
    if settings.accounts == "local":
        accounts = LocalAccounts(database, plans, settings)
        return accounts, LocalSignIns(database, accounts)
    from services.accounts.supabase import SupabaseAccounts  # what only Supabase needs is loaded only there

    return SupabaseAccounts(database, plans, settings), SignInsElsewhere()


def _in_one_place(
    database: Database, blobs: Blobs, plans: Plans, settings: Settings
) -> tuple[EventBus, JobRunner]:
    bus = EventBus()
    return bus, LocalRunner(database, blobs, bus, plans, settings)


def _in_a_cluster(
    database: Database, blobs: Blobs, plans: Plans, settings: Settings
) -> tuple[EventBus, JobRunner]:
    from services.events.redis import RedisEventBus  # what only a cluster needs is loaded only there
    from services.jobs.cluster import ClusterRunner

    bus = RedisEventBus(settings.redis_url)
    return bus, ClusterRunner(database, blobs, bus, plans, settings)
