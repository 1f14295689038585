"""The verbs: one file each, imported only when it is used; this table is all that others know of them."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence

from buildgraph.errors import WRONG_USE

VERBS = {
    "init": "manifests for a workspace that is there already; touches nothing that is",
    "affected": "what a change affects, and why",
    "why": "why a node is affected: what differs and how it reaches the node",
    "plan": "what a run would do, and why; changes nothing",
    "graph": "the graph of packages, images and products",
    "watch": "builds and deploys what every edit affects, until Ctrl-C ends it",
    "status": "what runs in an environment, and whether it is in date",
    "releases": "what ran in an environment: when, from which commit, by whom",
    "lock": "who holds the deploy lock of a product",
    "backups": "what was backed up of the data, when, and how much",
    "prune": "removes what no environment and no rollback needs any more; data stays",
    "health": "how what runs is now: the proxy is asked, and every container itself",
    "logs": "the last lines a service or product has said; --follow goes on",
    "down": "stop an environment; volumes are kept",
    "tag": "further names of an image in the registry; nothing is pulled or built",
    "bases": "the base images and their locked digests",
    "doctor": "what is missing on this machine, and how to get it",
    "render": "files for other programs, made from the manifests; --check tells those that differ",
    "schema": "JSON Schemas of the manifests, for editors, and of every JSON answer",
    "completion": "has bash, zsh or fish complete verbs, tasks, nodes and environments",
}

TASKS = {
    "build[:NAME]": "build stale images (of a service or product; all of them where no task is named)",
    "scan[:NAME]": "have images scanned, where workspace.toml names a command (force=yes: again)",
    "push[:NAME]": "publish images the registry lacks (env=… names one)",
    "deploy:PRODUCT": "build, push, deploy and smoke-test (env=development)",
    "rollback:PRODUCT": "bring back the release before this one, or to=RELEASE",
    "migrate:PRODUCT": "run the migrations of what a deploy would bring, and nothing else",
    "scale:PRODUCT": "run to=NUMBER containers of service=NAME, or to=manifest again",
    "backup:PRODUCT": "back up its databases, and try the backup (to=PLACE)",
    "restore:PRODUCT": "bring a backup back: from=latest or from=BACKUP",
    "promote:PRODUCT": "deploy to env=NAME what from=staging has verified, without building",
    "check[:PACKAGE]": "run the lint, type-check, test and build scripts of packages, those that are not fresh",
    "smoke:PRODUCT": "run the smoke tests of what is deployed",
}


WIDEST = 110  # columns of help


def run_verb(name: str, arguments: Sequence[str]) -> int:
    """Parse a verb's arguments and run it; returns the exit code."""
    module = importlib.import_module(f"buildgraph.commands.{name}")
    parser = argparse.ArgumentParser(
        prog=f"buildgraph {name}",
        description=VERBS[name] + ".",
        allow_abbrev=False,
        formatter_class=_Formatter,
    )
    module.configure(parser)
    try:
        options = parser.parse_args(with_variables(arguments))
    except SystemExit as stop:
        return WRONG_USE if stop.code else 0
    return int(module.run(options))


class _Formatter(argparse.HelpFormatter):
    """Help as wide as can be seen; argparse itself would import a module for that, and most show no help."""

    def __init__(self, prog: str) -> None:
        from buildgraph.console import answer_width

        super().__init__(prog, max_help_position=30, width=min(answer_width() or WIDEST, WIDEST))


def overview() -> str:
    """The page that `--help` shows."""
    from buildgraph.console import table

    tasks = table([(f"  {name}", purpose) for name, purpose in TASKS.items()])
    verbs = table([(f"  {name}", purpose) for name, purpose in VERBS.items()])
    return (
        "usage: buildgraph [-n JOBS] [--trace FILE] [TASK…] [env=NAME]\n"
        f"       buildgraph VERB [options]\n\ntasks\n{tasks}\n\nverbs\n{verbs}\n\n"
        "In a folder with our dodo.py `doit …` does the same.\n"
        "`buildgraph list --all` names all tasks, `buildgraph VERB --help` its options."
    )


def with_variables(arguments: Sequence[str]) -> list[str]:
    """`env=staging`, as tasks take it, means `--env=staging` to a verb; `from=` likewise."""
    return [f"--{argument}" if argument.startswith(("env=", "from=")) else argument for argument in arguments]
