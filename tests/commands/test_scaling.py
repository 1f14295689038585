"""What `scale:` is refused for, before any engine is asked."""

from __future__ import annotations

import pytest

from tests.support.monorepo import Monorepo

SERVICE = """[services.{name}]
path = "services/{name}"
dockerfile = "services/{name}/Dockerfile"
port = {port}
health = "/"
"""


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """The product shop with two services, and the product mail with one."""
    repo.plain_service("mail", "FROM scratch\nCOPY services/mail/ /\n", port=3003)
    for name in ("api", "web"):
        repo.write(f"services/{name}/Dockerfile", f"FROM scratch\nCOPY services/{name}/ /\n")
    services = SERVICE.format(name="api", port=3001) + SERVICE.format(name="web", port=3002)
    repo.write("manifests/products/shop.toml", services)
    repo.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    repo.commit()
    return repo


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("to=2",), "scale:shop needs to know which service\n  say service=NAME: api, web"),
        (("service=apii", "to=2"), "there is no service of shop 'apii'\n  did you mean api"),
        (("service=mail", "to=2"), "there is no service of shop 'mail'"),
        (("service=api",), "scale:shop needs to know how many\n  say to=NUMBER, or to=manifest"),
        (("service=api", "to=0"), "to=0 is no number from 1 to 1000"),
        (("service=api", "to=-1"), "to=-1 is no number from 1 to 1000"),
    ],
    ids=["no service", "misspelt", "another product's", "no number", "none", "less than none"],
)
def test_what_is_no_wish_is_refused_with_the_way_out(
    shop: Monorepo, said: tuple[str, ...], told: str
) -> None:
    ran = shop.run("scale:shop", *said)

    assert ran.code == 2, ran.err
    assert told in ran.err.replace("\n     ", "\n").replace(": needs", " needs")


def test_a_number_is_for_scaling_only(shop: Monorepo) -> None:
    ran = shop.run("deploy:shop", "service=api")

    assert ran.code == 2
    assert "service=: is for scale:PRODUCT" in ran.err
