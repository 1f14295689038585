"""What a page may load and run: a browser keeps to what each answer says, and the pages still do their work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.browser import Browser, opened_browser
from tests.support.system import System

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1740), pytest.mark.xdist_group("the chat")]
# Whether a script that somebody has smuggled into the page is run.
SMUGGLED = """
const [done] = arguments;
const script = document.createElement('script');
script.textContent = 'window.isSmuggled = true';
document.body.append(script);
setTimeout(() => done(window.isSmuggled === true), 50);
"""
# The first script of a page of SvelteKit tells the others where they are.
IS_STARTED = "arguments[0](Object.keys(window).some((name) => name.startsWith('__sveltekit')))"
LINK = "arguments[0](document.querySelector('[data-app-link]').href)"


def test_an_app_s_own_scripts_run_and_a_smuggled_one_does_not(deployed: System, tmp_path: Path) -> None:
    with opened_browser(tmp_path) as browser:
        browser.open(address(deployed, "app-chat"))

        assert browser.run(IS_STARTED) is True
        assert browser.run(SMUGGLED) is False


def test_a_landing_page_s_script_runs(deployed: System, tmp_path: Path) -> None:
    with opened_browser(tmp_path) as browser:
        browser.open(address(deployed, "chat"))

        assert link(browser) == address(deployed, "app-chat")


def link(browser: Browser) -> str:
    """Where the page's link leads, which its script fills in."""
    return str(browser.run(LINK))


def address(system: System, host: str) -> str:
    """The public address of a service in development."""
    return f"http://{host}.localhost:{system.port}/"
