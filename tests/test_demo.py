"""The demo is about one product: what it runs for all products would fail where only that one is deployed."""

from __future__ import annotations

import re

from tests.support.system import ROOT


def test_every_task_of_the_demo_is_of_the_product_that_it_deploys() -> None:
    script = (ROOT / "script/demo").read_text()

    lines = re.findall(r"^ *\.venv/bin/doit ([^#\n]+)", script, re.MULTILINE)
    tasks = [word for line in lines for word in line.split() if not re.fullmatch(r"-n|\d+", word)]

    assert tasks == ["deploy:chat", "smoke:chat"]
