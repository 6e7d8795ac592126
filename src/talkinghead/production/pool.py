"""A pool of workers that run tasks: a queue, progress, cancelling, limits, and another try when a worker dies.

What the workers are, processes of this machine or of a cluster, is the business of a ``Crew``.
"""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections import deque
from dataclasses import replace
from types import TracebackType

from talkinghead.production.crew import Crew, Post
from talkinghead.production.failures import FAULT, Failure, failure_of
from talkinghead.production.handle import Ending, Listener, TaskEvent, TaskHandle
from talkinghead.production.job import Job
from talkinghead.production.messages import Advance, CancelTask, Death, End, Message, Note, Ready, RunTask, Task

_MOST_ATTEMPTS = 2
_MOST_FAILED_STARTS = 3
_GRACE_S = 0.6  # in which cancelled work should reach a checkpoint, before its worker is ended
_WATCH_S, _SHORTEST_WATCH_S = 0.2, 0.02  # how often limits are checked
_LOG = logging.getLogger("talkinghead.pool")


class WorkerPool:
    """Runs tasks on a crew of workers, in the order in which they are submitted.

    A worker that dies is replaced and its task run once more; after a second death the task has failed. Usable from
    several threads.

    Args:
        crew: starts workers; see ``process_pool`` and ``cluster.ray_pool``.
        max_seconds: most a task may take, s; None: any time.
        max_memory: most bytes a worker may hold while it runs a task; None: any. It is looked up several times a
            second, so that a worker can exceed it for a moment.
    """

    def __init__(self, crew: Crew, *, max_seconds: float | None = None, max_memory: int | None = None) -> None:
        self._crew, self._max_seconds, self._max_memory = crew, max_seconds, max_memory
        self._lock = threading.Lock()
        self._queue: deque[TaskHandle] = deque()
        self._to_cancel: list[TaskHandle] = []
        self._count = 0
        self._closing = False
        self._posts: list[Post] = []
        self._failed_starts, self._why = 0, ""
        self._thread = threading.Thread(target=self._run, name="pool", daemon=True)
        self._thread.start()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close(cancel=kind is not None)

    @property
    def size(self) -> int:
        """How many workers there should be."""
        return self._crew.size

    @property
    def num_ready(self) -> int:
        """How many workers have started."""
        return sum(post.ready for post in tuple(self._posts))

    @property
    def num_busy(self) -> int:
        """How many workers run a task."""
        return sum(post.handle is not None for post in tuple(self._posts))

    def submit(self, task: Task, *, listen: Listener | None = None, max_seconds: float | None = None) -> TaskHandle:
        """Put a task into the queue.

        Args:
            task: a job, or a picklable function that takes the progress hook.
            max_seconds: most it may take, s; None: the pool's limit.
            listen: is told every event in the pool's own thread; it must be quick, and hand work to others.

        Raises:
            RuntimeError: the pool is closed.
        """
        with self._lock:
            if self._closing:
                raise RuntimeError("the pool is closed")
            self._count += 1
            seconds = self._max_seconds if max_seconds is None else max_seconds
            handle = TaskHandle(self._count, task, listen, self._cancel, seconds)
            self._queue.append(handle)
        self._crew.wake()
        return handle

    def close(self, *, cancel: bool = False) -> None:
        """Wait for all tasks to end, after cancelling them if asked to, and let the workers go."""
        with self._lock:
            self._closing = True
            if cancel:
                self._to_cancel += [*self._queue, *(post.handle for post in self._posts if post.handle is not None)]
        self._crew.wake()
        while self._thread.is_alive():
            self._thread.join(0.1)

    def _cancel(self, handle: TaskHandle) -> None:
        with self._lock:
            self._to_cancel.append(handle)
        self._crew.wake()

    # All below runs in the pool's own thread.

    def _run(self) -> None:
        try:
            while self._step():
                pass
        except Exception as error:
            _LOG.exception("the pool of workers stops because of a fault of the program")
            with self._lock:
                self._closing = True  # first: what is submitted from now on would never end
            self._fail_all(Failure(f"a fault of the program ({type(error).__name__}: {error})", FAULT))
        finally:
            with self._lock:
                self._closing = True
            self._crew.dismiss([post.worker for post in self._posts])

    def _step(self) -> bool:
        """One round of handing out, listening and checking; False once all is done."""
        self._hire()
        self._end_cancelled()
        self._hand_out()
        with self._lock:
            idle = not self._queue and not any(post.handle for post in self._posts)
            if self._closing and idle:
                return False
        for worker, message in self._crew.listen([post.worker for post in self._posts], self._patience()):
            post = next((post for post in self._posts if post.worker is worker), None)
            if post is not None:
                self._take(post, message)
        self._check_limits()
        return True

    def _patience(self) -> float | None:
        """How long to listen before limits are to be checked, s."""
        times, now = [], time.monotonic()
        for post in self._posts:
            if post.ending is not None:
                times.append(max(post.ending - now, _SHORTEST_WATCH_S))
            elif post.handle is not None and (self._max_memory is not None or post.handle.max_seconds is not None):
                times.append(_WATCH_S)
        return min(times, default=None)

    def _hire(self) -> None:
        while len(self._posts) < self._crew.size and self._failed_starts < _MOST_FAILED_STARTS:
            self._posts.append(Post(self._crew.hire()))
        if not self._posts:
            sentence = f"no worker could be started ({self._why}): run talkinghead doctor, which says the remedy."
            self._fail_all(Failure(sentence, FAULT))

    def _hand_out(self) -> None:
        for post in self._posts:
            if not post.ready or post.handle is not None or post.ending is not None:
                continue
            with self._lock:
                handle = self._queue.popleft() if self._queue else None
            if handle is None:
                return
            try:
                post.worker.send(RunTask(handle.number, handle.task))
            except (AttributeError, TypeError, pickle.PicklingError) as error:
                self._end(handle, End(handle.number, failure=failure_of(error)))
                continue
            post.handle, post.began, post.checked = handle, time.monotonic(), False
            post.tasks += 1
            handle.state, handle.worker = "running", post.worker.name
            handle.attempts += 1
            self._tell(handle, TaskEvent("started"))

    def _end_cancelled(self) -> None:
        with self._lock:
            wanted, self._to_cancel = list(dict.fromkeys(self._to_cancel)), []
            waiting = [handle for handle in wanted if handle in self._queue]
            for handle in waiting:
                self._queue.remove(handle)
        for handle in waiting:
            self._end(handle, End(handle.number, cancelled=True))
        for post in self._posts:
            if post.handle in wanted and post.ending is None:
                self._stop(post, None)

    def _stop(self, post: Post, verdict: Failure | None) -> None:
        """Ask a worker to stop its task, and note when to end it if it does not."""
        assert post.handle is not None
        post.ending, post.verdict = time.monotonic() + _GRACE_S, verdict
        post.worker.send(CancelTask(post.handle.number))

    def _take(self, post: Post, message: Message) -> None:
        if isinstance(message, Ready):
            post.ready, self._failed_starts = True, 0
        elif isinstance(message, Death):
            self._replace(post, message.reason)
        elif post.handle is None or message.number != post.handle.number:
            return
        elif isinstance(message, Advance):
            post.checked = True
            post.handle.progress = (message.stage, message.done, message.total)
            self._tell(post.handle, TaskEvent("progress", message.stage, message.done, message.total))
        elif isinstance(message, Note):
            if message.text not in post.handle.notes:
                post.handle.notes = (*post.handle.notes, message.text)
                self._tell(post.handle, TaskEvent("note", text=message.text))
        else:
            handle, verdict = post.handle, post.verdict
            post.handle = post.ending = post.verdict = None
            if message.cancelled and verdict is not None:
                message = End(handle.number, failure=verdict)
            self._end(handle, message)

    def _replace(self, post: Post, reason: str) -> None:
        """A worker is gone: its task is run once more by another, unless it was to end or has had its second try."""
        self._posts.remove(post)
        handle = post.handle
        if not post.ready:
            self._failed_starts += 1
            self._why = reason
        if handle is None:
            return
        if post.ending is not None:
            cancelled = post.verdict is None
            self._end(handle, End(handle.number, failure=post.verdict, cancelled=cancelled))
        elif handle.attempts >= _MOST_ATTEMPTS:
            sentence = (
                f"its worker process ended twice ({reason}), most likely because memory ran out: "
                "give a smaller picture, or run fewer at once."
            )
            self._end(handle, End(handle.number, failure=Failure(sentence, FAULT)))
        else:
            # If its files have appeared, they are its own: they were found free before.
            if post.checked and isinstance(handle.task, Job):
                handle.task = replace(handle.task, overwrite=True)
            handle.state = "queued"
            with self._lock:
                self._queue.appendleft(handle)
            self._tell(handle, TaskEvent("restarted", text=f"its worker ended ({reason}), it is run once more."))

    def _check_limits(self) -> None:
        now = time.monotonic()
        for post in self._posts:
            if post.handle is None:
                continue
            if post.ending is not None:
                if now >= post.ending:
                    post.worker.end()
            elif post.handle.max_seconds is not None and now - post.began > post.handle.max_seconds:
                limit = f"{post.handle.max_seconds:g} s"
                self._stop(post, Failure(f"the job took longer than {limit}: give it less to say, or a smaller face."))
            elif self._max_memory is not None and (post.worker.memory() or 0) > self._max_memory:
                # What it holds may be due to tasks before: the task gets a try with another worker.
                if post.tasks == 1 or post.handle.attempts >= _MOST_ATTEMPTS:
                    most = f"{self._max_memory / 2**20:.0f} MiB"
                    post.verdict = Failure(f"the job took more than {most} of memory: give it a smaller face.")
                    post.ending = now
                post.worker.end()

    def _fail_all(self, failure: Failure) -> None:
        with self._lock:
            handles = [*self._queue, *(post.handle for post in self._posts if post.handle is not None)]
            self._queue.clear()
        for handle in handles:
            self._end(handle, End(handle.number, failure=failure))
        for post in self._posts:
            post.handle = None

    def _end(self, handle: TaskHandle, how: End) -> None:
        state: Ending = "cancelled" if how.cancelled else "done" if how.failure is None else "failed"
        handle.end(state, result=how.result, failure=how.failure)
        self._tell(handle, TaskEvent(state, text="" if how.failure is None else how.failure.sentence))

    def _tell(self, handle: TaskHandle, event: TaskEvent) -> None:
        try:
            handle.tell(event)
        except Exception:
            _LOG.exception("a listener of the pool failed")
