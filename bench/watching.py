"""Asks a service in short turns while something happens to it; knows nothing of what happens."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.request
from dataclasses import dataclass
from types import TracebackType

from bench.errors import BenchError

INTERVAL = 0.1
ANSWER_WITHIN = 2.0
CONTENT_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Door:
    """Where a service answers: an address, and the name it is asked by where the address serves several."""

    address: str
    host: str = ""

    def ask(self) -> str:
        """What a good answer says; an empty text stands for none."""
        request = urllib.request.Request(self.address, headers={"Host": self.host} if self.host else {})
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_WITHIN) as answer:
                return str(answer.read().decode())
        except (OSError, http.client.HTTPException):
            return ""


class Watcher:
    """Watches for an answer that holds a text, from entering to leaving; times are of `time.perf_counter`.

    `first` is when the text was first answered; `silence` the longest time in seconds between two good answers.
    """

    def __init__(self, door: Door, text: str) -> None:
        self.door = door
        self.text = text
        self.first = 0.0
        self.silence = 0.0
        self._last_good = time.perf_counter()
        self._seen = threading.Event()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watcher:
        self._last_good = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def wait(self) -> None:
        """Wait until the text has been answered; raises BenchError when that does not come."""
        if not self._seen.wait(CONTENT_WITHIN):
            raise BenchError(f"{self.door.host or self.door.address} never answered with {self.text!r}")

    def _watch(self) -> None:
        while not self._end.is_set():
            if answer := self.door.ask():
                self._note(answer)
            self._end.wait(INTERVAL)

    def _note(self, answer: str) -> None:
        now = time.perf_counter()
        self.silence = max(self.silence, now - self._last_good)
        self._last_good = now
        if self.text in answer and not self._seen.is_set():
            self.first = now
            self._seen.set()
