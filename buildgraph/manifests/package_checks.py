"""How packages are checked, as frozen values: which scripts are run, what they leave and which variables they read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Where frameworks put what they build, seen from a package's folder. Next.js keeps a cache of its own among it; with
# `tsc --build` the record of what was built belongs to what was built.
USUAL_OUTPUTS: Final[Mapping[str, tuple[str, ...]]] = {
    "build": ("dist", "build", "out", ".output", ".next", "!.next/cache", ".svelte-kit", "*.tsbuildinfo"),
}
USUAL_SCRIPTS: Final = ("lint", "type-check|typecheck|check-types", "test", "build")
USUAL_ENV: Final = ("NODE_ENV",)


@dataclass(frozen=True, slots=True)
class PackageCheck:
    """What one package has otherwise: `scripts` (None: those of all), and what it adds to `env` and `outputs`."""

    scripts: tuple[str, ...] | None = None
    env: tuple[str, ...] = ()
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checks:
    """`[checks]` in `workspace.toml`: how packages are checked.

    `scripts` are names in package.json; of `a|b` the first that a package has is taken. `env` are variables that
    scripts read; a `*` at the end stands for any rest. `outputs` are by script the files and folders that it leaves,
    seen from the package's folder; `!` takes away again, and what is written replaces the usual ones of that script.
    `cache` is a repository of a registry in which results are shared, empty for none. `packages` has what is
    otherwise for some, by name or by folder (`./apps/web`; the root is `.`, and has no checks unless it is named).
    """

    scripts: tuple[str, ...] = USUAL_SCRIPTS
    env: tuple[str, ...] = USUAL_ENV
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cache: str = ""
    packages: Mapping[str, PackageCheck] = field(default_factory=dict)

    def outputs_of(self, package: str, script: str) -> tuple[str, ...]:
        """What a script of a package leaves: the package's own word, else that for all, else the usual."""
        own = self.packages.get(package, PackageCheck()).outputs
        for said in (own, self.outputs, USUAL_OUTPUTS):
            if script in said:
                return said[script]
        return ()

    def env_of(self, package: str) -> tuple[str, ...]:
        """The variables that a package's scripts read, sorted."""
        return tuple(sorted({*self.env, *self.packages.get(package, PackageCheck()).env}))

    def scripts_of(self, package: str) -> tuple[str, ...]:
        """The names of scripts that are looked for in a package."""
        own = self.packages.get(package)
        if own is not None and own.scripts is not None:
            return own.scripts
        return () if package == "." and own is None else self.scripts

    def names_of(self, package: str) -> tuple[str, ...]:
        """The same one by one: of those that are looked for in place of one another each."""
        return tuple(name for names in self.scripts_of(package) for name in names.split("|"))
