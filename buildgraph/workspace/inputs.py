"""The values by which the root's files reach the checks of packages, made by the rules of the table; pure."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from buildgraph.workspace.digests import importer_digest
from buildgraph.workspace.holding import holders, patched_snapshots, snapshots_by_name
from buildgraph.workspace.lockfile import Lockfile
from buildgraph.workspace.looked_for import LOOKED_FOR, folders_above
from buildgraph.workspace.package import GROUPS, Package
from buildgraph.workspace.projects import MANIFEST, OF_THE_ROOT, ROOT, WORKSPACE_FILE
from buildgraph.workspace.reading import Workspace
from buildgraph.workspace.references import selected_names
from buildgraph.workspace.rules import ENTRIES, VALUE, WHOLE, Kind, Reach, names_of, rule_of
from buildgraph.workspace.settings import NPMRC, OF_NPMRC, WorkspaceSettings, parse_npmrc
from buildgraph.workspace.yaml import with_text_keys

_FILES = names_of(Kind.FILE, WHOLE, Reach.EVERY)
_OF_TOOLS = names_of(Kind.FIELD, VALUE, Reach.BELOW)
_FIELDS = (*names_of(Kind.FIELD, VALUE, Reach.EVERY), *_OF_TOOLS)
_HOOKS = (".pnpmfile.cjs", ".pnpmfile.mjs")
# Who may read does not change what is read, and a digest of a secret is worth nothing to anybody.
_CREDENTIALS = frozenset(("_auth", "_authToken", "_password", "username", "email", "always-auth"))
_AFTER_DASH = re.compile(r"-([a-z])")


class Setting(NamedTuple):
    """A labelled value that packages depend on: a reason's kind, its name for people, its digest."""

    kind: str
    name: str
    digest: str


class Tracked(Protocol):
    """What this room asks of an entry to tell whether a file changed."""

    @property
    def mode(self) -> int:
        """The mode as git has it."""
        ...

    @property
    def blob(self) -> str:
        """The id of its content."""
        ...


Entries = Mapping[str, Tracked]
NOTHING_ABOVE: Final[Entries] = {}


@dataclass(frozen=True, slots=True)
class RootInputs:
    """What the root gives to checks: to those of every package, and to some only (by folder); sorted."""

    every: tuple[Setting, ...] = ()
    some: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)


def root_inputs(
    workspace: Workspace, entries: Entries, npmrc: bytes | None = None, above: Entries = NOTHING_ABOVE
) -> RootInputs:
    """What the root is to the checks of each package; what images see of it stands in their contexts.

    `entries` are all files seen from the workspace root, and `above` those that lie in the folders above it
    (`../.editorconfig`); `npmrc` is the content of its `.npmrc`, whose settings then count one by one (without
    it, the file as a whole). The rest of the table has other
    makers: projects, a package's own closure of the lockfile, `extends`, declared `inputs`.
    """
    written = [*_written_settings(workspace), *_npmrc_settings(npmrc)]
    some = _held(workspace, entries)
    for folder, looked_for in _between(workspace, entries).items():
        some.setdefault(folder, set()).update(looked_for)
    every = {
        *_root_files(entries, written, () if npmrc is not None else (NPMRC,)),
        *_standing(above, (path for path in above if path.rpartition("/")[2] in LOOKED_FOR)),
        *_fields(workspace.packages.get(ROOT), _FIELDS),
        *(setting for one in written for setting in one.counted(workspace.lockfile)),
        *_root_dependencies(workspace),
        *some.pop(ROOT, ()),
    }
    further = {folder: tuple(sorted(found - every)) for folder, found in some.items()}
    return RootInputs(tuple(sorted(every)), {folder: found for folder, found in further.items() if found})


def hook_files(settings: WorkspaceSettings, paths: Collection[str]) -> tuple[str, ...]:
    """The files that an install reads for its hooks, and for the lists that stand in files of their own, sorted.

    The setting `pnpmfile` names one or more in place of `.pnpmfile.cjs` and (since pnpm 11) `.pnpmfile.mjs`.
    What is named need not be among `paths` (all files, seen from the workspace root); the default ones are.
    """
    named = {posixpath.normpath(text) for texts in settings.named.values() for text in texts}
    default = () if "pnpmfile" in settings.named else (path for path in _HOOKS if path in paths)
    return tuple(sorted({*named, *default}))


@dataclass(frozen=True, slots=True)
class _Written:
    """A setting of pnpm as it stands in a file: its place for people, and its name as pnpm 10 writes it."""

    place: str
    name: str
    value: Any

    def counted(self, lockfile: Lockfile | None) -> Iterator[Setting]:
        """What of it counts for every package."""
        rule = rule_of(Kind.SETTING, self.name)
        if rule.check is Reach.EVERY or (rule.check is Reach.HOLDING and lockfile is None):
            yield Setting("setting", self.place, _digest(self.value))
        elif rule.counts == ENTRIES:
            yield Setting("setting", self.place, _digest(sorted(filter(_is_pattern, self.entries))))

    @property
    def entries(self) -> dict[str, Any]:
        """The entries of a list or mapping, by the packages that they select."""
        if isinstance(self.value, Mapping):
            return {str(key): value for key, value in self.value.items()}
        return {str(entry): True for entry in self.value} if isinstance(self.value, list) else {}

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts in it, of which there may be one or a list."""
        listed = self.value if isinstance(self.value, list) else [self.value]
        return tuple(text for text in listed if isinstance(text, str))


def _written_settings(workspace: Workspace) -> Iterator[_Written]:
    for name, value in workspace.settings.document.items():
        yield _Written(f"{WORKSPACE_FILE}: {name}", str(name), value)
    root = workspace.packages.get(ROOT)
    if root is None:
        return
    for name, value in root.pnpm.items():
        yield _Written(f"{MANIFEST}: pnpm.{name}", name, value)
    if root.resolutions:
        yield _Written(f"{MANIFEST}: resolutions", "overrides", root.resolutions)


def _npmrc_settings(content: bytes | None) -> Iterator[_Written]:
    """The settings in an `.npmrc`, without credentials and what else is said of one registry."""
    for key, values in parse_npmrc(content or b"").items():
        if not key.startswith("//") and key.rpartition(":")[2] not in _CREDENTIALS:
            name = _AFTER_DASH.sub(lambda letter: letter[1].upper(), key)
            yield _Written(f"{NPMRC}: {key}", name, values[0] if len(values) == 1 else list(values))


def _root_files(entries: Entries, written: Iterable[_Written], more: Iterable[str]) -> Iterator[Setting]:
    """The files that count as a whole: those of the table, those that settings name, and `more`."""
    named = (text for one in written if one.name in OF_NPMRC for text in one.texts)
    yield from _standing(entries, {*_FILES, *LOOKED_FOR, *map(posixpath.normpath, named), *more})


def _between(workspace: Workspace, entries: Entries) -> dict[str, set[Setting]]:
    """What tools look for in the folders between the root and a project, by the project's folder."""
    above = {folder: folders_above(folder) for folder in workspace.packages}
    places = {place for found in above.values() for place in found}
    given = {place: tuple(_looked_for_in(place, workspace, entries)) for place in places}
    return {folder: {one for place in found for one in given[place]} for folder, found in above.items()}


def _looked_for_in(folder: str, workspace: Workspace, entries: Entries) -> Iterator[Setting]:
    """What tools look for in a folder above projects; a package.json there that is no project's is not read."""
    package = workspace.packages.get(folder)
    names = LOOKED_FOR if package else (*LOOKED_FOR, MANIFEST)
    yield from _standing(entries, (f"{folder}/{name}" for name in names))
    yield from _fields(package, _OF_TOOLS)


def _standing(entries: Entries, paths: Iterable[str]) -> Iterator[Setting]:
    """Those of some files that are there, each as a whole."""
    for path in paths:
        if path in entries:
            yield Setting("setting", path, _state(entries[path]))


def _fields(package: Package | None, names: Iterable[str]) -> Iterator[Setting]:
    """Those of some fields that a package.json has."""
    if package is None:
        return
    for name in names:
        if package.document.get(name) is not None:
            yield Setting("setting", f"{package.path}: {name}", _digest(package.document[name]))


def _root_dependencies(workspace: Workspace) -> Iterator[Setting]:
    """What is installed for the root: Node looks for packages in the folders above, and so does a shell.

    (Node's "Loading from node_modules folders"; pnpm puts the root's node_modules/.bin on PATH.)
    """
    root, lockfile = workspace.packages.get(ROOT), workspace.lockfile
    if lockfile is not None and ROOT in lockfile.importers:
        yield Setting("lockfile", OF_THE_ROOT, importer_digest(lockfile, ROOT))
    elif root is not None:
        for group in (*GROUPS, "dependenciesMeta"):
            if root.document.get(group):
                yield Setting("setting", f"{MANIFEST}: {group}", _digest(root.document[group]))


def _held(workspace: Workspace, entries: Entries) -> dict[str, set[Setting]]:
    """Patches and entries of lists of builds, by the folders of those that install what they are about."""
    lockfile = workspace.lockfile
    if lockfile is None:
        return {}
    return holders(lockfile, {**_patches(workspace, lockfile, entries), **_builds(workspace, lockfile)})


def _patches(workspace: Workspace, lockfile: Lockfile, entries: Entries) -> dict[Setting, list[str]]:
    found: dict[Setting, list[str]] = {}
    for selector, keys in patched_snapshots(lockfile).items():
        path = posixpath.normpath(
            lockfile.patches[selector].path or workspace.settings.patches.get(selector, "")
        )
        if path in entries:
            found.setdefault(Setting("file", path, _state(entries[path])), []).extend(keys)
    return found


def _builds(workspace: Workspace, lockfile: Lockfile) -> dict[Setting, list[str]]:
    lists = [one for one in _written_settings(workspace) if rule_of(Kind.SETTING, one.name).counts == ENTRIES]
    selected = {
        Setting("setting", f"{one.place}.{entry}", _digest(value)): selected_names(entry)
        for one in lists
        for entry, value in one.entries.items()
    }
    keys = snapshots_by_name(lockfile, {name for names in selected.values() for name in names})
    return {setting: [key for name in names for key in keys[name]] for setting, names in selected.items()}


def _is_pattern(entry: str) -> bool:
    return "*" in entry


def _state(entry: Tracked) -> str:
    return f"{entry.mode:o} {entry.blob}"


def _digest(value: Any) -> str:
    """The digest of a plain value; mappings count without their order."""
    text = json.dumps(with_text_keys(value), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
