"""Steady load on a town: clients that ask again and again, and keep what they were answered."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Mapping

from tests.support.town import Town

PAUSE = (
    0.02  # seconds: nearly fifty answers a second for each client, and the cores for whoever else is at work
)


class Load:
    """Clients that ask a service over connections that they keep, until the block ends.

    Each waits for a `pause` (seconds) after an answer. Without any, clients take all cores there are: right where
    a sentence is about many requests, and dear where it is only that none fails.
    `cookie` is what they send as a browser would. `answers` counts the bodies of good answers; `wrong`
    holds every other outcome.
    """

    def __init__(
        self,
        town: Town,
        service: str,
        clients: int = 4,
        pause: float = PAUSE,
        *,
        path: str = "/",
        cookie: str = "",
    ) -> None:
        self.port, host = town.place.environment.proxy_port, f"{service}.localhost"
        sent = f"Cookie: {cookie}\r\n" if cookie else ""
        self.request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{sent}\r\n".encode()
        self.clients, self.pause = clients, pause
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.is_over = False
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()))

    def __enter__(self) -> Load:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over = True
        self.thread.join()

    @property
    def total(self) -> int:
        """How many good answers have come."""
        return self.answers.total()

    def recover(self, within: float = 60.0) -> None:
        """Wait until a whole second has brought good answers only, and forget what was wrong before."""
        deadline = time.monotonic() + within
        while True:
            self.wrong.clear()
            before = self.total
            time.sleep(1.0)
            if self.total > before and not self.wrong:
                return
            assert time.monotonic() < deadline, self.wrong[-5:]

    async def run(self) -> None:
        await asyncio.gather(*(self.ask() for _ in range(self.clients)))

    async def ask(self) -> None:
        while not self.is_over:
            try:
                await self.ask_on_one_connection()
            except (OSError, EOFError, ValueError) as error:
                self.wrong.append(repr(error))
                await asyncio.sleep(0.05)

    async def ask_on_one_connection(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            while not self.is_over:
                writer.write(self.request)
                status, headers, body = await read_answer(reader)
                if status == 200:
                    self.answers[body] += 1
                else:
                    self.wrong.append(f"{status} {body}")
                if headers.get("connection") == "close":
                    return
                await asyncio.sleep(self.pause)
        finally:
            writer.close()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, Mapping[str, str], str]:
    """Status, headers (lower case) and body of one answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        return int(first.split()[1]), headers, (await read_chunks(reader)).decode()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(first.split()[1]), headers, body.decode()


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    """The body of an answer that comes in chunks."""
    body = b""
    while size := int((await reader.readline()).strip(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body
