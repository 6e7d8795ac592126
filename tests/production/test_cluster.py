"""The pool on a Ray cluster of two nodes on this machine: all results, also when a node dies; files that travel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pool_tasks import fail, square, work_long
from talkinghead.cancellation import WorkCancelledError
from talkinghead.errors import InputError
from talkinghead.production import Job
from talkinghead.production.cluster import ray_pool
from talkinghead.production.parcels import FileMark
from talkinghead.production.spread import run_all

pytest.importorskip("ray", reason="ray is not installed: pip install 'talkinghead[cluster]'")
pytestmark = pytest.mark.slow

PATIENCE_S = 300.0


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two nodes with one core each."""
    import os

    import ray
    from ray.cluster_utils import Cluster

    tests = str(Path(__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("RAY_worker_niceness", "0")  # 15 by default, with which a busy machine never comes to them
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def test_all_results_come_though_a_node_dies(cluster: Any, tmp_path: Path) -> None:
    (_, second) = cluster.list_all_nodes()
    with ray_pool(cluster.address) as pool:
        assert pool.size == 2
        long = [pool.submit(partial(work_long, tmp_path / f"begun{number}", seconds=30.0)) for number in range(2)]
        others = [pool.submit(partial(square, number)) for number in range(6)]
        end = time.monotonic() + PATIENCE_S
        while not all((tmp_path / f"begun{number}").exists() for number in range(2)):
            assert time.monotonic() < end
            time.sleep(0.1)
        cluster.remove_node(second, allow_graceful=False)
        assert sorted(handle.result(PATIENCE_S) for handle in long) == ["again", "first"]
        assert [handle.result(PATIENCE_S)[0] for handle in others] == [0, 1, 4, 9, 16, 25]
        assert others[0].notes == ("0 is squared.",)
        assert sorted(handle.attempts for handle in long) == [1, 2]


def test_files_travel_and_errors_and_cancelling_are_as_with_processes(
    cluster: Any, face: Path, speech: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With such marks, the nodes take none of the files for theirs.
    monkeypatch.setattr(FileMark, "of", classmethod(lambda cls, path: FileMark(str(path), 1, 1)))
    job = Job(str(face), str(out), speech=str(speech), fps=5, renderer="warp")
    with ray_pool(cluster.address, workers=1) as pool:
        good, bad = run_all(pool, [job, Job(str(face), str(out.with_name("b.mp4")), speech=str(face), fps=5)])
        assert good.result().paths == {"video": out}
        assert out.stat().st_size > 1000
        assert list(out.parent.iterdir()) == [out] or {path.suffix for path in out.parent.iterdir()} == {
            ".mp4",
            ".cluster",
        }
        with pytest.raises(InputError, match=str(face)):
            bad.result()
        with pytest.raises(InputError, match="the number is odd: give an even one"):
            pool.submit(partial(fail, "input")).result(PATIENCE_S)
        handle = pool.submit(partial(work_long, tmp_path / "begun"))
        while not (tmp_path / "begun").exists():
            time.sleep(0.05)
        asked = time.monotonic()
        handle.cancel()
        with pytest.raises(WorkCancelledError):
            handle.result(PATIENCE_S)
        assert time.monotonic() - asked < 2.0
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere"])
def test_a_cluster_that_is_not_there_is_told(address: str) -> None:
    with pytest.raises(InputError, match=rf"--ray {address}: no cluster answers \(.*\): start one with ray start"):
        ray_pool(address)
