"""Programs that measure the example take some of its products by name."""

from __future__ import annotations

import pytest

from bench.example import WITH_ALL, example_parser


def named(*arguments: str) -> set[str]:
    """The products that a command line is about."""
    return {product.name for product in example_parser(None).parse_args(arguments).products}


def test_products_are_taken_by_name_with_whom_they_wait_for_and_all_without() -> None:
    assert named("--products", "chat,picture") == {"chat", "picture", WITH_ALL}
    assert named() > named("--products", "chat")


def test_a_product_that_is_not_there_is_refused_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Else a report would be about fewer than were asked for."""
    with pytest.raises(SystemExit):
        named("--products", "chat,pictures")

    told = capsys.readouterr().err
    assert "pictures: there are " in told and "picture, " in told
