"""The key of a script's result: the digest of all that it depends on; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from buildgraph.checks.script import Script
from buildgraph.graph.nodes import digest_of, digest_of_pairs

FORMAT = "3"  # another one: no result that was kept before is found
# Bundlers put variables with these beginnings into what they build: Astro and SvelteKit, Vite, Next.js, Expo, Nuxt,
# Create React App, Vue's command line, Gatsby, Storybook, Sanity's studio.
PUBLIC = (
    *("PUBLIC_", "VITE_", "NEXT_PUBLIC_", "EXPO_PUBLIC_", "NUXT_PUBLIC_"),
    *("REACT_APP_", "VUE_APP_", "GATSBY_", "STORYBOOK_", "SANITY_STUDIO_"),
)


class Circumstances(NamedTuple):
    """What scripts run in: programs with their versions, the platform, and the process's environment.

    `surroundings` are by folder what scripts may see on the disk and no snapshot holds: name and digest.
    """

    programs: tuple[tuple[str, str], ...]
    environ: Mapping[str, str]
    surroundings: Mapping[str, tuple[tuple[str, str], ...]] = {}


def digest_circumstances(declared: Iterable[str], found: Circumstances) -> str:
    """One digest of all that keys depend on besides the plan; `declared` are the variables of all scripts."""
    around = found.surroundings
    pairs = [
        *(("program", *program) for program in found.programs),
        *(("variable", *pair) for pair in _variables(declared, found.environ)),
        *(("around", place, *seen) for place in sorted(around) for seen in around[place]),
    ]
    return digest_of_pairs(pairs)


def script_keys(scripts: Iterable[Script], found: Circumstances) -> dict[str, str]:
    """The key of every script by its name; they stand in order, and all that comes before one stands among them."""
    keys: dict[str, str] = {}
    for script in scripts:
        keys[script.name] = script_key(script, found, [keys[name] for name in script.after])
    return keys


def script_key(script: Script, found: Circumstances, before: Iterable[str]) -> str:
    """The key of a script after others with the keys `before`."""
    around = found.surroundings
    pairs = [
        ("format", FORMAT),
        ("package", script.fingerprint),
        ("folder", script.folder),
        ("script", script.script, script.command),
        *(("program", *program) for program in found.programs),
        *(("output", pattern) for pattern in script.outputs),
        *(("variable", *pair) for pair in _variables(script.env, found.environ)),
        *(("around", place, *seen) for place in (".", script.folder) for seen in around.get(place, ())),
        *(("before", key) for key in before),
    ]
    return digest_of_pairs(pairs)


def _variables(declared: Iterable[str], environ: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """The declared variables that are set, and the public ones, with the digests of their values."""
    beginnings = (*PUBLIC, *(name[:-1] for name in declared if name.endswith("*")))
    names = {name for name in environ if name.startswith(beginnings)}
    names |= {name for name in declared if name in environ}
    return [(name, digest_of(environ[name])) for name in sorted(names)]
