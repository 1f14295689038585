"""A browser's window as a test looks at it: what is clicked, pressed and shown, in light and dark."""

from __future__ import annotations

import base64
import urllib.request
from typing import Any, Final

from tests.support.browser import Browser

KEYS: Final = {
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "Left": "\ue012",
    "Up": "\ue013",
    "Right": "\ue014",
    "Down": "\ue015",
}


class Window:
    """A browser's one window, of a size in pixels; what a user does there, and what a page then shows."""

    def __init__(self, browser: Browser, width: int = 1280, height: int = 800) -> None:
        self.browser = browser
        self.open = browser.open
        browser.tell("/window/rect", width=width, height=height)

    def asked(self, script: str, *arguments: Any) -> Any:
        """What a function body of JavaScript returns."""
        return self.browser.tell("/execute/sync", script=script, args=list(arguments))

    def text(self, selector: str) -> str:
        """The text that an element shows."""
        return str(self.asked("return document.querySelector(arguments[0]).innerText", selector))

    def texts(self, selector: str) -> list[str]:
        """The text of every such element that is shown."""
        script = "return [...document.querySelectorAll(arguments[0])].filter(e => e.offsetParent).map(e => e.innerText)"
        return list(self.asked(script, selector))

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        found = self.browser.tell("/element", using="css selector", value=selector)
        self.browser.tell(f"/element/{next(iter(found.values()))}/click")

    def click_at(self, x: float, y: float) -> None:
        """Click at a point of the window."""
        move = {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 0}
        presses = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        pointer = {"type": "pointer", "id": "mouse", "actions": [move, *presses]}
        self.browser.tell("/actions", actions=[pointer])

    def press(self, *keys: str) -> None:
        """Press keys one after the other: names of KEYS, or text."""
        signs = [sign for key in keys for sign in ([KEYS[key]] if key in KEYS else key)]
        strokes = [{"type": kind, "value": sign} for sign in signs for kind in ("keyDown", "keyUp")]
        self.browser.tell("/actions", actions=[{"type": "key", "id": "keyboard", "actions": strokes}])

    def prefer(self, scheme: str) -> None:
        """Have the system prefer `light` or `dark`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.browser.tell(
            "/goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params={"features": features}
        )

    def screenshot(self) -> bytes:
        """The window as a PNG."""
        return base64.b64decode(
            self.browser.send(urllib.request.Request(f"{self.browser.address}/screenshot"))
        )

    def complaints(self) -> list[str]:
        """What the browser's console has said of errors since the last question."""
        told = self.browser.tell("/se/log", type="browser")
        return [entry["message"] for entry in told if entry["level"] in ("SEVERE", "WARNING")]
