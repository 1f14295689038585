"""Steps that jobs have in common: actions by the commit of their release, and commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from buildgraph import __version__
from buildgraph.render.yaml import Script, Verbatim, Yaml

Step = Mapping[str, Yaml]

# A tag of an action can be moved to other code by whoever owns it, a commit cannot. Dependabot raises both.
CHECKOUT: Final = Verbatim("actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0")
SETUP_PYTHON: Final = Verbatim("actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0")
SETUP_NODE: Final = Verbatim("actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0")
METADATA: Final = Verbatim("docker/metadata-action@902fa8ec7d6ecbf8d84d538b9b233a880e428804 # v5.7.0")
PYTHON, NODE = "3.12", "20"


def run(name: str, *lines: str, **values: str) -> Step:
    """Lines of bash, with what GitHub knows as variables: in the text itself it could be taken for commands."""
    script = Script("".join(f"{line}\n" for line in lines)) if len(lines) > 1 else lines[0]
    return {"name": name, **({"env": values} if values else {}), "run": script}


def tool() -> tuple[Step, ...]:
    """The repository with its history, and the tool as it was when it wrote the file.

    All of the history, for a comparison begins at a commit, and a deploy asks which migrations are new since
    what runs. No step of ours pushes to git, so its token is not left where later steps could find it.
    """
    return (
        {
            "name": "Check out, with all commits",
            "uses": CHECKOUT,
            "with": {"fetch-depth": 0, "persist-credentials": False},
        },
        {"name": "Python", "uses": SETUP_PYTHON, "with": {"python-version": PYTHON}},
        run("The tool", f"pip install --quiet 'doit-buildgraph[s3]=={__version__}'"),
    )


def workspace_checks(root: str) -> tuple[Step, ...]:
    """Node with the workspace's own pnpm; its packages' lint, type-check and test scripts, where they have them."""
    here: Step = {"working-directory": root}
    return (
        {"name": "Node.js", "uses": SETUP_NODE, "with": {"node-version": NODE}},
        {
            **run(
                "pnpm, as package.json asks",
                'npm install --global "$(npm pkg get packageManager | tr -d \'"\')"',
            ),
            **here,
        },
        {**run("Install", "pnpm install --frozen-lockfile"), **here},
        {**run("Lint", "pnpm --recursive --if-present run lint"), **here},
        {**run("Types", "pnpm --recursive --if-present run type-check"), **here},
        {**run("Tests", "pnpm --recursive --if-present run test"), **here},
    )


def tags(image: str, environment: str) -> tuple[Step, ...]:
    """The names that people know an image by, beside its fingerprint: branch, version, commit, latest.

    `image` is without a tag. They are set in the registry of the environment: nothing is pulled, and all of them
    mean one digest.
    """
    rules = (
        "type=ref,event=branch",
        "type=semver,pattern={{version}}",
        "type=semver,pattern={{major}}.{{minor}}",
        "type=sha,prefix={{branch}}-,enable=${{ github.ref_type == 'branch' }}",
        "type=raw,value=latest,enable={{is_default_branch}}",
    )
    asked = {
        "images": image,
        "flavor": "latest=false",
        "tags": Script("".join(f"{rule}\n" for rule in rules)),
    }
    return (
        {"name": "Names of the image", "id": "names", "uses": METADATA, "with": asked},
        run(
            "Give it these names",
            'mapfile -t names <<<"$NAMES"',
            f'buildgraph tag "$SERVICE" "${{names[@]}}" env={environment}',
            NAMES="${{ steps.names.outputs.tags }}",
            SERVICE="${{ matrix.service }}",
        ),
    )
