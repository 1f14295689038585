from __future__ import annotations

from typing import Any

import pytest
import yaml as other_reader
from hypothesis import given
from hypothesis import strategies as st

from buildgraph.workspace import parse_lockfile, render_lockfile
from buildgraph.workspace.rendering import render_yaml
from buildgraph.workspace.yaml import parse_yaml

LOCK = """\
lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

catalogs:
  default:
    ms:
      specifier: ^2.0.0
      version: 2.1.3

patchedDependencies:
  is-number@7.0.0:
    hash: 5ikauthuxo67ogvuuiwkoeubja
    path: patches/is-number@7.0.0.patch

importers:

  .: {}

  apps/my web:
    dependencies:
      '@t/ui':
        specifier: workspace:*
        version: link:../../packages/ui
      ms:
        specifier: 'catalog:'
        version: 2.1.3
    dependenciesMeta:
      '@t/ui':
        injected: true

packages:

  '@esbuild/linux-x64@0.25.0':
    resolution: {integrity: sha512-abc==}
    cpu: [x64]
    os: [linux, '!win32']

  ms@2.1.3:
    resolution: {integrity: sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq==}
    hasBin: true
    peerDependencies:
      react: '>=16 || *'
      redux: ~4.1.0 || ^5
    bundledDependencies:
      - one
      - '@t/two'

snapshots:

  '@esbuild/linux-x64@0.25.0':
    optional: true

  ms@2.1.3(react@18.2.0):
    dependencies:
      react: 18.2.0
    transitivePeerDependencies:
      - supports-color
"""


def test_a_lockfile_is_written_as_it_was_read() -> None:
    """Pitfall 36: the text is canonical, down to quotes and blank lines."""
    assert render_lockfile(parse_lockfile(LOCK.encode())).decode() == LOCK


TRICKY = (
    "", " ", "9.0", "1", "-1", "1e3", ".5", "0x1f", "0o17", "true", "Null", "~", "~1.2", "yes", "no", "on",
    "=", "<<", "2001-01-01", "a: b", "a #b", "a#b", "a:", ":a", "- a", "-a", "?", "*", "&a", "!a", "|", ">",
    "'", '"', "it's", "%", "@t/a", "`", "[", "{}", "a,b", "a]", "a\nb", "\ttab", "tab\t", "ü", "\u2028",
    "😀", "é: x", "http://x/y#z", "\\", "\x07", "link:../a", "catalog:", ">=1 <2", "1_000", ".inf", "+.INF",
    ".nan", "0b1", "---", "...", "\ufeff", "\x85", "a\xa0",
)  # fmt: skip


@pytest.mark.parametrize("text", TRICKY)
def test_every_text_comes_back_as_text(text: str) -> None:
    """As value, key, and inside brackets; a reader of YAML 1.1 agrees but for the words of truth it knows."""
    document: dict[str, Any] = {text: text, "list": [text], "os": [text, text], "engines": {text: text}}
    written = render_yaml(document)

    assert parse_yaml(written, "f") == (document,)
    assert text in ("yes", "no", "on") or other_reader.safe_load(written) == document


@given(
    st.dictionaries(
        st.text(max_size=8), st.text() | st.lists(st.text(), max_size=3) | st.booleans(), max_size=4
    )
)
def test_any_mapping_comes_back(document: dict[str, Any]) -> None:
    assert parse_yaml(render_yaml(document), "f") == (document,) if document else True


def test_a_key_of_more_than_a_thousand_signs_is_written_in_the_long_form() -> None:
    """Keys with many peers; YAML allows short keys 1,024 signs."""
    document = {
        "snapshots": {"a@1.0.0" + "(b@1.0.0)" * 200: {"dependencies": {"b": "1.0.0"}}},
        "packages": {"x" * 2000: {}},
    }

    assert parse_yaml(render_yaml(document, spaced=True), "f") == (document,)
    assert other_reader.safe_load(render_yaml(document, spaced=True)) == document
