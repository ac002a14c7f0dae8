"""Work not yet begun, cut into batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from experiments.running.jobs import Batch, Job, failure_of, job_of
from experiments.running.plan import Plan, Point, Task
from experiments.running.store import Failure

BATCH_SECONDS = 2.0  # long against sending and writing a batch, short against losing one
BATCH_RUNS = 2_000  # at most, however fast they are: a batch is one message and one file
MAX_ATTEMPTS = 3  # worker processes that may die on a run before it is given up


class Backlog:
    """Tasks not yet begun, cut into batches whose length follows the measured speed."""

    def __init__(self, plan: Plan, tasks: Sequence[Task], workers: int) -> None:
        self._plan = plan
        self._tasks = deque(tasks)
        self.workers = workers  # a cluster's may come and go
        self._seconds_per_run: float | None = None
        self._left = sum(task.size for task in tasks)
        self.retried = 0

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def next_job(self) -> Job:
        """The next batch with all that a worker needs."""
        task = self.next_task()
        return job_of(self._plan.points[task.point], task)

    def point(self, index: int) -> Point:
        """The point that a task names."""
        return self._plan.points[index]

    def next_task(self) -> Task:
        """The next batch; a single replicate as long as the speed is unknown."""
        task = self._tasks.popleft()
        head, rest = task.first(self._replicates_per_batch(len(task.regimes)))
        if rest is not None:
            self._tasks.appendleft(rest)
        self._left -= head.size
        return head

    def _replicates_per_batch(self, regimes: int) -> int:
        if self._seconds_per_run is None:
            return 1
        by_time = BATCH_SECONDS / self._seconds_per_run
        by_share = self._left / (2 * self.workers)  # so that all workers end at about one time
        return max(1, int(min(by_time, by_share, BATCH_RUNS) / regimes))

    def learn(self, batch: Batch) -> None:
        """Take the time of a batch into account, recent ones more."""
        seconds = max(batch.seconds / batch.task.size, 1e-6)
        known = self._seconds_per_run
        self._seconds_per_run = seconds if known is None else 0.5 * (known + seconds)

    def put_back(self, task: Task) -> None:
        """Take back a task that was not begun."""
        self._tasks.appendleft(task)
        self._left += task.size

    def bury(self, task: Task) -> list[Failure]:
        """Take back a task whose worker died, in smaller parts; give a run up after some deaths.

        Returns
        -------
        The runs that are given up.
        """
        task = replace(task, attempts=task.attempts + 1)
        if task.attempts >= MAX_ATTEMPTS and task.size == 1:
            text = f"the worker process died {task.attempts} times (killed, or out of memory)"
            job = job_of(self._plan.points[task.point], task)
            return [failure_of(job, 0, 0, text)]
        self._tasks.extend(task.parts())
        self._left += task.size
        self.retried += task.size
        return []
