"""Where a clone came from, as labels of images say it: nobody is let in by what stands there."""

from __future__ import annotations

import pytest

from buildgraph.snapshot.history import without_login


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://github.com/acme/shop.git", "https://github.com/acme/shop.git"),
        ("https://user:hunter2@h/x", "https://h/x"),
        ("https://hunter2@h:8443/x", "https://h:8443/x"),
        ("https://user:hun@ter2@h/x", "https://h/x"),
        ("https://user:hun?ter2@h/x", "https://h/x"),
        ("https://h/x@y.git", "https://h/x@y.git"),
        ("https://h/x.git?private_token=hunter2", "https://h/x.git"),
        ("https://user:hunter2@h/x?private_token=hunter2#hunter2", "https://h/x"),
        ("git+ssh://user:hunter2@h/x", "git+ssh://h/x"),
        ("git@github.com:acme/shop.git", "git@github.com:acme/shop.git"),
        ("/srv/git/a?b#c@d.git", "/srv/git/a?b#c@d.git"),
    ],
)
def test_an_address_is_told_without_what_lets_somebody_in(address: str, told: str) -> None:
    assert without_login(address) == told
