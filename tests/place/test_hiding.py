"""What containers say without their secrets, those too that have been rotated since they were started."""

from __future__ import annotations

from typing import cast

import pytest

from buildgraph.image.engine import Engine
from buildgraph.manifests.model import Backing, Environment, EnvValue, Service
from buildgraph.place.hiding import hiding
from buildgraph.place.model import Place
from buildgraph.place.secrets import Secrets

API = Service("api", "chat", "nestjs", "api", database="chat", env={"TOKEN": EnvValue(secret=True)})
HERE = Environment("test", backing=(Backing("postgres", "postgres:16"),))
NOW = Secrets({"TOKEN": "token-of-today", "POSTGRES_PASSWORD": "password-of-today"})
PLACE = Place(cast(Engine, None), "acme", HERE, {}, NOW, (API,))


def test_a_secret_is_hidden_as_it_is_now_and_as_a_container_was_given_it() -> None:
    hide = hiding(
        PLACE,
        [
            "TOKEN=token-of-yesterday",
            "LEVEL=verbose",
            "DATABASE_URL=postgresql://postgres:pass%2Fword@postgres/chat",
        ],
    )

    said = "token-of-today token-of-yesterday verbose pass/word pass%2Fword password-of-today"

    assert hide(said) == "*** *** verbose *** *** ***"


@pytest.mark.parametrize(("now", "then"), [("token", "token-and-more"), ("token-and-more", "token")])
def test_of_two_values_of_which_one_begins_like_the_other_both_are_hidden(now: str, then: str) -> None:
    place = Place(cast(Engine, None), "acme", HERE, {}, Secrets({"TOKEN": now}), (API,))

    assert hiding(place, [f"TOKEN={then}"])("token token-and-more.") == "*** ***."


def test_a_container_without_variables_is_shown_without_what_is_secret_now() -> None:
    assert hiding(PLACE, [])("token-of-today is all") == "*** is all"


def test_an_address_that_a_service_names_itself_is_no_secret_of_ours() -> None:
    alone = Place(cast(Engine, None), "acme", Environment("test"), {}, Secrets({}), ())

    assert hiding(alone, ["DATABASE_URL=postgresql://guest:guest@db/chat"])("guest came") == "guest came"
