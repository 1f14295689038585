"""Coolify behind TLS: whom the machine trusts, and nobody else, hears the token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.coolify.api import Api, Refusal
from buildgraph.coolify.wire import Wire
from tests.support.coolify import TOKEN, CoolifyServer
from tests.support.coolify_state import Fault, Shadows
from tests.support.hosts import Authority

pytestmark = pytest.mark.engine  # for openssl, which script/test brings


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@pytest.fixture
def server(authority: Authority) -> Iterator[CoolifyServer]:
    made = CoolifyServer(Shadows(), authority.sign("coolify", "serverAuth"))
    yield made
    made.close()


def test_a_server_is_believed_by_the_ca_that_the_machine_names(
    authority: Authority, server: CoolifyServer
) -> None:
    assert Api(Wire(server.url, TOKEN, authority.folder / "ca.pem")).version() == "4.0.0-beta.460"


def test_a_server_that_nobody_vouches_for_never_hears_the_token(server: CoolifyServer) -> None:
    with pytest.raises(Refusal, match=r"no answer: .*certificate verify failed") as refused:
        Api(Wire(server.url, TOKEN)).version()

    assert "is the server there, and its certificate trusted?" in str(refused.value)
    assert server.requests == []


def test_a_redirect_is_not_followed_with_the_token(authority: Authority, server: CoolifyServer) -> None:
    elsewhere = CoolifyServer(Shadows())
    server.faults.append(
        Fault("GET", "/version", 302, headers={"Location": f"{elsewhere.url}/api/v1/version"})
    )

    with pytest.raises(Refusal, match="302"):
        Api(Wire(server.url, TOKEN, authority.folder / "ca.pem")).version()

    assert elsewhere.requests == []
    elsewhere.close()
