"""What pages may load is said by a template, or by the build argument that takes its place; tried on the real lines."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.system import ROOT

TEMPLATES = ROOT / "docker/templates"
CONF = "/etc/nginx/nginx.conf"
ARGUMENT = re.compile(r'^ARG CONTENT_SECURITY_POLICY="(.*)"$', re.MULTILINE)
EDIT = re.compile(r"^RUN (sed -i .*?[^\\])$", re.MULTILINE | re.DOTALL)
OWN = "default-src 'none'; img-src https://*.shop.org:8443/a?b=c"


def policy(kind: str, folder: Path, given: str | None = None) -> str:
    """The policy in the configuration that the template has edited, with its argument's default or another."""
    template = (TEMPLATES / f"Dockerfile.{kind}").read_text(encoding="utf-8")
    (default,), (edit,) = ARGUMENT.findall(template), EDIT.findall(template)
    conf = folder / "nginx.conf"
    conf.write_text((TEMPLATES / "nginx.conf").read_text(encoding="utf-8"), encoding="utf-8")
    told = {"PORT": "8081", "CONTENT_SECURITY_POLICY": default if given is None else given}
    command = edit.replace("\\\n", "").replace(CONF, str(conf))
    subprocess.run(["sh", "-euc", command], env={**os.environ, **told}, check=True)
    assert "listen 8081;" in conf.read_text(encoding="utf-8")
    (found,) = re.findall(
        r'add_header Content-Security-Policy "(.*)" always;', conf.read_text(encoding="utf-8")
    )
    return str(found)


@pytest.mark.parametrize("kind", ["astro", "expo", "spa"])
def test_a_policy_of_one_s_own_takes_the_place_of_the_usual_one(kind: str, tmp_path: Path) -> None:
    assert policy(kind, tmp_path, OWN) == OWN
    assert policy(kind, tmp_path).startswith("default-src 'self'")


def test_a_single_page_app_may_load_what_a_page_may_not(tmp_path: Path) -> None:
    page, app = policy("astro", tmp_path), policy("spa", tmp_path)

    assert "script-src 'self' 'unsafe-inline';" in page
    assert "script-src" not in app and " https: " in app
    for both in (page, app):
        assert both.endswith("object-src 'none'; base-uri 'self'; frame-ancestors 'self'")
