"""What containers say, and go on saying: of a service, of a whole product, without a secret."""

from __future__ import annotations

from itertools import islice

import pytest

from buildgraph.deploy.logs import follow_logs, read_logs
from buildgraph.errors import UnknownName
from buildgraph.place.containers import remove_container
from tests.support.town import Town

pytestmark = [pytest.mark.engine, pytest.mark.timeout(720)]


def test_a_product_s_lines_are_those_of_all_its_services(town: Town) -> None:
    town.service("api", port=3001)
    town.service("web", port=3002)
    town.deploy()

    named = town.place.named
    assert read_logs(town.place, "town") == (
        (named("api-blue"), "starting api 1"),
        (named("web-blue"), "starting web 1"),
    )
    assert read_logs(town.place, "web") == ((named("web-blue"), "starting web 1"),)
    with pytest.raises(
        UnknownName, match="there is no running service or product 'towm'\n  did you mean town"
    ):
        read_logs(town.place, "towm")


def test_lines_that_come_are_followed_until_their_containers_end_and_no_secret_is_in_them(town: Town) -> None:
    town.secrets(TOKEN="hunter2-secret")
    town.service("api", port=3001, env={"FAULTY": "1"}, secret=("TOKEN",))
    town.service("web", port=3002)
    town.deploy()
    lines = follow_logs(town.place, "town", tail=1)
    assert sorted(line for _, line in islice(lines, 2)) == ["starting api 1", "starting web 1"]

    town.request("api")
    assert next(lines) == (town.place.named("api-blue"), "cannot answer number 1")
    for name in ("api-blue", "web-blue"):
        remove_container(town.place, town.containers()[name])

    assert list(lines) == []
