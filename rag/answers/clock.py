"""The stages of an answer to the seconds they took."""

import time


class Clock:
    """Seconds of each stage since the one before, and of all together."""

    def __init__(self) -> None:
        self._started = self._last = time.monotonic()
        self._stages: dict[str, float] = {}

    def mark(self, stage: str) -> None:
        """End a stage; `first_evidence` counts from the start, as whoever waits for it does."""
        now = time.monotonic()
        self._stages[stage] = now - (self._started if stage == "first_evidence" else self._last)
        self._last = now

    def timings(self) -> dict[str, float]:
        return self._stages | {"total": time.monotonic() - self._started}
