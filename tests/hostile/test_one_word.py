"""Names, addresses and references of manifests, whatever is tried: refused, or one plain word to other programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildgraph.manifests.coolify import UUID
from buildgraph.manifests.engines import ENGINE
from buildgraph.manifests.kubernetes import CONTEXT, OBJECT, check_annotation
from buildgraph.manifests.model import Environment, Service
from buildgraph.manifests.reading import Place, Reader, Refused
from buildgraph.manifests.values import (
    DATABASE,
    DIGEST,
    DOMAIN,
    HOST,
    IMAGE,
    PLATFORM,
    PROBE_PATH,
    REGISTRY,
    check_image,
    check_name,
    check_registry,
    check_setting,
    check_variable,
)
from buildgraph.place.names import Colour
from buildgraph.traffic.proxy import render_proxy
from buildgraph.traffic.routes import Route, Side

# Shells, YAML, nginx, HAProxy, systemd and workflows take none of these signs for anything but text within a word.
PLAIN: Final = re.compile(r"[A-Za-z0-9_/.@{}][A-Za-z0-9._/:@{}+~-]*")
PROBED: Final = re.compile(
    r"/[A-Za-z0-9._/:@+~?&;=-]*"
)  # HAProxy and nginx, which are never given it by a shell


def reading(reader: Reader[str]) -> Callable[[str], object]:
    """A reader of a value."""
    return lambda written: reader.read(written, Place("it"))


WRITTEN: Final[dict[str, tuple[Callable[[str], object], str]]] = {
    "a name": (check_name, "shop-api"),
    "a variable": (check_variable, "API_KEY"),
    "a setting": (check_setting, "auto_explain.log_min_duration"),
    "a setting of Redis": (check_setting, "maxmemory-policy"),
    "an annotation": (check_annotation, "nginx.ingress.kubernetes.io/proxy-body-size"),
    "a registry that has a mirror": (check_registry, "127.0.0.1:5000"),
    "an image that is a key": (check_image, "node:20-alpine"),
    "an image": (reading(IMAGE), "127.0.0.1:5000/shop/api:1.2@sha256:" + "0" * 64),
    "a registry": (reading(REGISTRY), "ghcr.io:443/acme/shop"),
    "a digest": (reading(DIGEST), "sha256:" + "0" * 64),
    "a host": (reading(HOST), "api-chat"),
    "a domain": (reading(DOMAIN), "{host}.shop.example.org"),
    "a platform": (reading(PLATFORM), "linux/arm64/v8"),
    "a database": (reading(DATABASE), "shop_live"),
    "an engine": (reading(ENGINE), "ssh://deploy@host.example.org:22/run/docker.sock"),
    "a context": (reading(CONTEXT), "arn:aws:eks:eu/shop@live"),
    "an object": (reading(OBJECT), "shop-live"),
    "an application": (reading(UUID), "a1b2c3d4"),
}
# What ends a word, a text or a line somewhere, begins a command, or looks like a letter or a digit.
SIGNS: Final = (
    "\n",
    "\r",
    "\0",
    "\u2028",
    "\x85",
    " ",
    "\t",
    "'",
    '"',
    "`",
    "$(x)",
    "${{x}}",
    "%{x}",
    "\\",
    "#",
    "; x",
)
ODD: Final = (*SIGNS, "| x", "> x", "&", "*", "!", "-x", "٣", "ａ", "ſ", "é", "\u202e")


@pytest.mark.parametrize(("read", "usual"), WRITTEN.values(), ids=WRITTEN.keys())
@settings(max_examples=150)
@given(put=st.sampled_from(ODD) | st.text(max_size=4), at=st.integers(0, 99), rest=st.booleans())
def test_what_names_something_is_refused_or_needs_no_quotes_anywhere(
    read: Callable[[str], object], usual: str, put: str, at: int, rest: bool
) -> None:
    place = at % (len(usual) + 1)
    written = usual[:place] + put + (usual[place:] if rest else "")

    assert is_refused(read, written) or PLAIN.fullmatch(written), written


@pytest.mark.parametrize(("read", "usual"), WRITTEN.values(), ids=WRITTEN.keys())
def test_what_is_usual_is_not_refused(read: Callable[[str], object], usual: str) -> None:
    assert not is_refused(read, usual)


@pytest.mark.parametrize(
    ("name", "is_one"),
    {
        "a": True,
        "cert-manager.io/cluster-issuer": True,
        "Example.org/A_b.c": True,
        "": False,
        "/a": False,
        "a/": False,
        "a/b/c": False,
        "-a": False,
        "a-": False,
        "a..b/c": False,
        "a" * 64: False,
        "a." * 127 + "/b": False,
        f"{'a.' * 126}a/{'b' * 63}": True,
        f"{'a.' * 127}a/b": False,
    }.items(),
)
def test_an_annotation_has_a_qualified_name(name: str, is_one: bool) -> None:
    """Kubernetes: "Annotations", Syntax and character set."""
    assert is_refused(check_annotation, name) != is_one


@given(put=st.sampled_from(ODD) | st.text(max_size=4), at=st.integers(0, 99))
def test_what_is_asked_of_a_service_is_one_word_in_the_proxy_s_configuration(put: str, at: int) -> None:
    path = with_piece("/health;deep?all=yes&by=proxy", put, at)

    if is_refused(reading(PROBE_PATH), path):
        return
    assert PROBED.fullmatch(path)
    assert words(path) == words("/health")


@given(put=st.sampled_from(ODD) | st.text(max_size=4), at=st.integers(0, 99))
def test_a_public_host_is_one_word_in_the_proxy_s_configuration(put: str, at: int) -> None:
    domain = with_piece("{host}.shop.example.org", put, at)

    if is_refused(reading(DOMAIN), domain):
        return
    service = Service("api", "shop", "nestjs", "api", host="api")
    assert words("/health", Environment("live", domain=domain).host_of(service)) == words("/health")


def with_piece(usual: str, put: str, at: int) -> str:
    """A usual text with something put in, wherever `at` leads."""
    place = at % (len(usual) + 1)
    return usual[:place] + put + usual[place:]


def is_refused(read: Callable[[str], object], written: str) -> bool:
    try:
        read(written)
    except Refused:
        return True
    return False


def words(path: str, host: str = "api.example.org") -> list[int]:
    """How many words each line of the configuration has."""
    route = Route("api", 3000, host, {Colour.BLUE: Side(1, 3000, path, 100)})
    return [len(line.split()) for line in render_proxy({"shop": (route,)}).splitlines()]
