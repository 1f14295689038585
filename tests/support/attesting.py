"""A stand-in for the image that makes an SBOM: it tells the same of everything.

The protocol is BuildKit's (docs/attestations/sbom-protocol.md): the image's command writes statements into a folder.
"""

from __future__ import annotations

import json
from typing import Final

from buildgraph.project import open_project
from tests.support.engines import OwnEngine
from tests.support.hamlet import Hamlet
from tests.support.system import substitute

SPDX: Final = "https://spdx.dev/Document"
NAME, RECIPE = "scanner:1", "docker/substitutes/scanner.Dockerfile"
STATEMENT: Final = {
    "_type": "https://in-toto.io/Statement/v0.1",
    "predicateType": SPDX,
    "predicate": {"name": "it"},
}
DOCKERFILE: Final = """FROM {base}
USER root
COPY <<E /statement
{statement}
E
CMD ["sh", "-c", "cp /statement $BUILDKIT_SCAN_DESTINATION/it.spdx.json"]
"""
ASKED: Final = f'attestations = ["provenance", "sbom"]\nsbom_scanner = "{NAME}"\n'


def have_attested(hamlet: Hamlet, engine: OwnEngine) -> None:
    """From now on the workspace's images are attested, and the scanner's stand-in is on the engine."""
    base = substitute("haproxy:2.9")
    hamlet.write(RECIPE, DOCKERFILE.format(base=base, statement=json.dumps(STATEMENT)))
    hamlet.append("manifests/workspace.toml", f'"{NAME}" = "{RECIPE}"\n')  # the last table is [substitutes]
    text = (hamlet.root / "manifests/workspace.toml").read_text()
    hamlet.write("manifests/workspace.toml", ASKED + text)
    hamlet.commit()
    pinned = open_project(hamlet.root).working_picture().base(NAME).pinned
    recipe = hamlet.root / RECIPE
    engine.docker("build", "-q", "-t", pinned, "-f", str(recipe), str(recipe.parent))
