"""What a base image is here: locked by digest, pulled from a mirror, or a stand-in; it asks no registry."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.manifests.model import Source
from buildgraph.recipes.instructions import split_instructions
from buildgraph.recipes.references import Reference, parse_reference
from buildgraph.snapshot.snapshot import REGULAR, SYMLINK, Entry

SUBSTITUTE_REPOSITORY: Final = "buildgraph.local"
ROOT_RECIPE: Final = "debian.sh"  # what every stand-in is built upon
RECIPE_LENGTH: Final = 32  # hex digits, as in a fingerprint


@dataclass(frozen=True, slots=True)
class Base:
    """A base image: its `reference` as written, what Docker is told to use, and what fingerprints see.

    `identity` is a digest, the same from every mirror, or `substitute:RECIPE`.
    """

    reference: str
    pinned: str
    identity: str

    @property
    def is_substitute(self) -> bool:
        """Whether it is a stand-in, so that what is built upon it is never promoted."""
        return self.identity.startswith("substitute:")


def resolve_base(
    reference: str,
    *,
    digests: Mapping[str, str],
    mirrors: Mapping[str, str],
    substitutes: Mapping[str, str],
    source: Source,
    recipes: Mapping[str, Sequence[Entry]],
) -> Base:
    """What `reference` is on a machine that takes its bases from `source`.

    `digests`, `mirrors` and `substitutes` are the manifests'; `recipes` maps the files beside the
    stand-ins' recipes, seen from the project's folder, to their entries: a link's is followed by that of the file
    it leads to. A reference with a digest locks itself. ConfigurationError when it is neither locked nor replaced.
    """
    stand_in = _by_meaning(reference, substitutes)
    if source is Source.SUBSTITUTE and stand_in:
        return _substitute(reference, stand_in, recipes)
    wanted = parse_reference(reference)
    digest = wanted.digest or _by_meaning(reference, digests)
    if digest:
        return Base(reference, _from_mirror(wanted, mirrors).pinned_to(digest), digest)
    way_out = "run `buildgraph bases --update`"
    way_out += (
        ", or set BUILDGRAPH_BASES=substitute to use its stand-in"
        if stand_in
        else ", or name a stand-in under [substitutes] in manifests/workspace.toml"
    )
    raise ConfigurationError.of("manifests/bases.toml", f"{reference} is not locked", way_out)


def recipe_named(reference: str, substitutes: Mapping[str, str]) -> str:
    """The recipe that `[substitutes]` names for a base image, seen from the project's folder; "" for none."""
    return _by_meaning(reference, substitutes)


def recipe_of(recipe: str, recipes: Mapping[str, Sequence[Entry]]) -> str:
    """The hash of a stand-in's recipe: of the root recipe and all files NAME.* beside NAME.Dockerfile.

    Those below folders of such names count, too; `script/bases` names the images it makes by the same rule.
    KeyError with the path of the root recipe or the Dockerfile when it is not among `recipes`,
    ConfigurationError when a link among them leads to no file.
    """
    own, root, others = recipe_beginnings(recipe)
    paths = [root, *sorted({own, *(path for path in recipes if path.startswith(others))})]
    start = len(root) - len(ROOT_RECIPE)
    text = "".join(f"{_identified(path, recipes[path])} {path[start:]}\n" for path in paths)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:RECIPE_LENGTH]


def recipe_beginnings(recipe: str) -> tuple[str, str, str]:
    """The paths of a stand-in's recipe and of the root recipe, and what those of its other files begin with."""
    folder, slash, _ = recipe.rpartition("/")
    return recipe, f"{folder}{slash}{ROOT_RECIPE}", f"{folder}{slash}{_name_of(recipe)}."


def left_to_others(recipe: str, content: bytes) -> Mistake | None:
    """The first ONBUILD line that a stand-in leaves to be done in each image built upon it: nobody sees what it copies.

    Those of other stages than its last are done within it, or never. `content` is its Dockerfile's.
    """
    lines = split_instructions(content.decode("utf-8-sig", "replace")).instructions
    last = max((line.line for line in lines if line.name == "FROM"), default=0)
    left = next((line for line in lines if line.line > last and line.trigger), None)
    what = "leaves this line to images that are built upon it, and nobody sees there what it copies"
    way_out = "write all such lines, without ONBUILD, into the Dockerfile of every service that needs them"
    return Mistake(f"{recipe}: line {left.line}", what, way_out) if left else None


def _identified(path: str, entries: Sequence[Entry]) -> str:
    """What identifies a file: its blob alone if it is an ordinary one, so that stand-ins keep the names they had."""
    if entries[-1].mode == SYMLINK:
        raise ConfigurationError.of(path, "leads to no file that git tracks", "let it lead to one")
    return " ".join(blob if mode == REGULAR else f"{mode:o} {blob}" for mode, blob in entries)


def _name_of(recipe: str) -> str:
    return PurePosixPath(recipe).name.removesuffix(".Dockerfile")


def _substitute(reference: str, recipe: str, recipes: Mapping[str, Sequence[Entry]]) -> Base:
    try:
        found = recipe_of(recipe, recipes)
    except KeyError as missing:
        where = f'manifests/workspace.toml: substitutes."{reference}"'
        raise ConfigurationError.of(where, f"there is no file {missing.args[0]!r}") from missing
    return Base(reference, f"{SUBSTITUTE_REPOSITORY}/{_name_of(recipe)}:{found}", f"substitute:{found}")


def _from_mirror(reference: Reference, mirrors: Mapping[str, str]) -> Reference:
    """The same image elsewhere: a mirror replaces the registry and keeps the rest."""
    mirror = mirrors.get(reference.registry)
    return reference if mirror is None else reference.moved_to(mirror)


def _by_meaning(reference: str, table: Mapping[str, str]) -> str:
    """The entry of an image however it is written: `node` is `docker.io/library/node:latest`."""
    if reference in table:
        return table[reference]
    wanted = parse_reference(reference).full
    return next((value for key, value in table.items() if parse_reference(key).full == wanted), "")
