"""A real browser without a window, asked over the WebDriver protocol (W3C), which needs no more than HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.hosts import wait_for_port
from tests.support.system import free_port

ALONE = (
    "--headless",
    "--no-sandbox",  # root may run it
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Browser:
    """One window, with a profile that is new."""

    def __init__(self, driver: str, profile: Path) -> None:
        options = {"args": [*ALONE, f"--user-data-dir={profile}"]}
        capabilities = {"alwaysMatch": {"goog:chromeOptions": options}}
        self.address = driver
        self.address += f"/session/{self.tell('/session', capabilities=capabilities)['sessionId']}"

    def open(self, address: str) -> None:
        """Go to a page, and wait until it is loaded."""
        self.tell("/url", url=address)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script on the page hands to the function that is its last argument."""
        return self.tell("/execute/async", script=script, args=list(arguments))

    def quit(self) -> None:
        """Close the window."""
        self.send(urllib.request.Request(self.address, method="DELETE"))

    def tell(self, path: str, **told: Any) -> Any:
        """One command of the protocol, and what comes of it."""
        body = json.dumps(told).encode()
        headers = {"Content-Type": "application/json"}
        return self.send(urllib.request.Request(self.address + path, body, headers))

    def send(self, request: urllib.request.Request) -> Any:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)["value"]


@contextmanager
def opened_browser(folder: Path) -> Iterator[Browser]:
    """A browser, for as long as the block runs; its profile is in the folder."""
    driver = shutil.which("chromedriver")
    assert driver, "script/browser installs chromium with its driver"
    port = free_port()
    with (folder / "driver.log").open("w") as log:
        served = subprocess.Popen((driver, f"--port={port}"), stdout=log, stderr=log)
    try:
        wait_for_port(port)
        browser = Browser(f"http://127.0.0.1:{port}", folder / "profile")
        yield browser
        browser.quit()
    finally:
        served.terminate()
        served.wait(60)
