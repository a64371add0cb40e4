"""Two web servers and two worker machines: every job once, every event once, whoever falls over."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from examples.server import wait_until
from services.events.translate import translate
from services.jobs.celery import TASK, connected
from tests.clusters import Cluster, mark_of
from tests.realtime.wire import Wire

Watch = Callable[[int, str, str], Wire]

pytestmark = pytest.mark.slow  # two servers and two machines


def test_a_job_submitted_on_one_server_is_watched_on_the_others(cluster: Cluster, watch: Watch) -> None:
    user, token = cluster.account()
    session, alias = cluster.session(user)
    watchers = [watch(server, token, alias) for server in (0, 1)]
    began = time.monotonic()
    job = cluster.submit(user, "toy_count", session, n=5)
    assert cluster.finished(user, job) == "completed"
    assert time.monotonic() - began < 3
    heard = [event.seq for event in cluster.node.jobs.events(user, job) if translate(event, alias)]
    for watcher in watchers:
        watcher.hear("training_completed", job_id=str(job))
        assert watcher.seqs(job) == heard


def test_a_server_hears_what_the_others_tell_once_and_in_order(cluster: Cluster) -> None:
    user, _ = cluster.account()
    heard = []
    unsubscribe = cluster.node.bus.subscribe(heard.append)
    jobs = [cluster.submit(user, "toy_count", n=20) for _ in range(4)]
    for job in jobs:
        cluster.finished(user, job)
    for job in jobs:
        stored = list(cluster.node.jobs.events(user, job))
        wait_until(
            lambda job=job: [e.type for e in heard if e.job_id == job][-1] == "completed", 5, "its end"
        )
        assert [event for event in heard if event.job_id == job] == stored
    unsubscribe()


def test_small_jobs_are_waited_for_on_any_server(cluster: Cluster) -> None:
    user, _ = cluster.account()
    cluster.finished(user, cluster.submit(user, "toy_count_now"))
    began = time.monotonic()
    assert cluster.finished(user, cluster.submit(user, "toy_count_now")) == "completed"
    assert time.monotonic() - began < 1


def test_a_running_job_is_cancelled_from_another_server(cluster: Cluster, watch: Watch) -> None:
    user, token = cluster.account()
    session, alias = cluster.session(user)
    watcher = watch(0, token, alias)
    job = cluster.submit(user, "toy_hang", session)
    wait_until(lambda: cluster.status(user, job) == "running", 10, "the job to run")
    asked = time.monotonic()
    assert cluster.call(1, "POST", f"/api/v1/training/jobs/{job}/cancel", token).ok
    assert cluster.finished(user, job) == "cancelled"
    assert time.monotonic() - asked < 3
    watcher.hear("training_cancelled", job_id=str(job))


def test_a_job_goes_on_elsewhere_when_its_machine_loses_power(cluster: Cluster, tmp_path: Path) -> None:
    user, _ = cluster.account()
    job = cluster.submit(user, "toy_gated", folder=str(tmp_path))
    worker = cluster.owner_of(mark_of(tmp_path, "stored", 1))
    worker.kill()
    try:
        mark_of(tmp_path, "stored", 2)
        (tmp_path / "go").touch()
        assert cluster.finished(user, job) == "completed"
    finally:
        worker.start()
    told = cluster.told(user, job)
    assert [told.count(kind) for kind in ("started", "requeued", "completed")] == [2, 1, 1]


def test_a_machine_that_leaves_puts_its_job_back_at_once(cluster: Cluster, tmp_path: Path) -> None:
    user, _ = cluster.account()
    job = cluster.submit(user, "toy_gated", folder=str(tmp_path))
    worker = cluster.owner_of(mark_of(tmp_path, "stored", 1))
    began = time.monotonic()
    worker.terminate()
    wait_until(lambda: "requeued" in cluster.told(user, job), 10, "the job to be put back")
    assert time.monotonic() - began < 2
    assert cluster.owner_of(mark_of(tmp_path, "stored", 2)) is not worker
    (tmp_path / "go").touch()
    assert cluster.finished(user, job) == "completed"
    assert worker.stop() == 0
    worker.start()
    requeued = [event for event in cluster.node.jobs.events(user, job) if event.type == "requeued"]
    assert [event.data["reason"] for event in requeued] == ["stopped"]


def test_a_lane_that_is_killed_is_replaced_and_its_worker_ends(cluster: Cluster, tmp_path: Path) -> None:
    user, _ = cluster.account()
    job = cluster.submit(user, "toy_gated", folder=str(tmp_path))
    pid = mark_of(tmp_path, "stored", 1)
    worker = cluster.owner_of(pid)
    lane = psutil.Process(pid).parent()
    assert lane is not None and "training" in lane.cmdline()
    lane.kill()
    mark_of(tmp_path, "stored", 2)
    (tmp_path / "go").touch()
    assert cluster.finished(user, job) == "completed"
    wait_until(lambda: not psutil.pid_exists(pid), 10, "the worker process to end with its lane")
    wait_until(worker.is_complete, 30, "another lane")


def test_a_message_that_comes_many_times_trains_once(cluster: Cluster) -> None:
    user, _ = cluster.account()
    job = cluster.submit(user, "toy_count", n=10, pause=0.05)
    with connected(cluster.redis.url, cluster.installation()) as app:
        for queue in ("training-high", "training-normal", "training-low") * 5:
            app.send_task(TASK, (str(job),), queue=queue)
    assert cluster.finished(user, job) == "completed"
    wait_until(lambda: not cluster.queued_messages(), 10, "all messages to be taken")
    told = cluster.told(user, job)
    assert [told.count(kind) for kind in ("started", "completed")] == [1, 1]


def test_a_process_that_a_job_kills_is_replaced(cluster: Cluster) -> None:
    user, _ = cluster.account()
    job = cluster.submit(user, "toy_die", times=1)
    assert cluster.finished(user, job) == "completed"
    assert cluster.told(user, job).count("requeued") == 1


def test_a_job_that_never_reports_is_cancelled_with_its_process(cluster: Cluster) -> None:
    user, token = cluster.account()
    job = cluster.submit(user, "toy_hang", reports=False)
    wait_until(lambda: "log" in cluster.told(user, job), 10, "the job to hang")
    assert cluster.call(0, "POST", f"/api/v1/training/jobs/{job}/cancel", token).ok
    assert cluster.finished(user, job) == "cancelled"
    after = cluster.submit(user, "toy_count")
    assert cluster.finished(user, after) == "completed"


def test_a_flushed_redis_loses_nothing(cluster: Cluster, tmp_path: Path, watch: Watch) -> None:
    user, token = cluster.account()
    session, alias = cluster.session(user)
    watcher = watch(0, token, alias)
    gated = [
        cluster.submit(user, "toy_gated", session, folder=str(tmp_path / name)) for name in _folders(tmp_path)
    ]
    waiting = [cluster.submit(user, "toy_count", session) for _ in range(5)]
    for name in ("a", "b"):
        mark_of(tmp_path / name, "stored", 1)
    with cluster.redis.client() as client:
        client.flushall()
    for name in ("a", "b"):
        (tmp_path / name / "go").touch()
    assert {cluster.finished(user, job) for job in (*gated, *waiting)} == {"completed"}
    for job in waiting:
        watcher.hear("training_completed", job_id=str(job))
        assert watcher.seqs(job) == sorted(set(watcher.seqs(job)))
    began = time.monotonic()
    cluster.finished(user, cluster.submit(user, "toy_count"))
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("fault", ["stopped", "frozen"])
def test_without_redis_jobs_are_accepted_and_done_and_told(
    cluster: Cluster, tmp_path: Path, watch: Watch, fault: str
) -> None:
    user, token = cluster.account()
    session, alias = cluster.session(user)
    watchers = [watch(server, token, alias) for server in (0, 1)]
    gated = cluster.submit(user, "toy_gated", session, folder=str(tmp_path))
    mark_of(tmp_path, "stored", 1)
    cluster.redis.fail(fault)
    try:
        began = time.monotonic()
        during = cluster.submit(user, "toy_count", session)
        assert time.monotonic() - began < 1, "a Redis that is gone keeps nobody waiting"
        (tmp_path / "go").touch()
        assert {cluster.finished(user, job) for job in (gated, during)} == {"completed"}
        for watcher in watchers:
            for job in (gated, during):
                watcher.hear("training_completed", job_id=str(job))
                stored = cluster.node.jobs.events(user, job)
                assert watcher.seqs(job) == [event.seq for event in stored if translate(event, alias)]
    finally:
        cluster.redis.recover(fault)
    cluster.messages_arrive(user)
    for job in (gated, during):
        assert cluster.told(user, job).count("started") == 1


def _folders(root: Path) -> list[str]:
    for name in ("a", "b"):
        (root / name).mkdir()
    return ["a", "b"]
