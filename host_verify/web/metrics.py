"""What Prometheus is told. Several workers count into one folder, which PROMETHEUS_MULTIPROC_DIR names."""

import os
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)


class Metrics:
    """The counts of a worker, and the way to tell those of all workers."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.attempts = Counter(
            "host_verify_attempts", "Attempts judged.", ("action", "reason"), registry=self._registry
        )
        self.requests = Histogram(
            "host_verify_request_seconds",
            "Requests by the pattern of their path and their status, and how long they took.",
            ("path", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )

    def took(self, path: str, status: str, seconds: float) -> None:
        """Count a request by the pattern of its path and its status, and its time."""
        self.requests.labels(path, status).observe(seconds)

    def text(self) -> str:
        """Return the counts in Prometheus's text form."""
        registry = self._registry
        if FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry).decode()


class Timed:
    """Counts each request and its time. `clock` is monotonic seconds."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = "500"

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        began = self._clock()
        try:
            await self._app(scope, receive, sending)
        finally:
            # The pattern, not what was asked for: whoever asks must not make new series.
            path = getattr(scope.get("route"), "path", "none")
            self._metrics.took(path, status, self._clock() - began)
