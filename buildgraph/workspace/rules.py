"""What of the root counts, and whom it reaches: one table, which the code looks up and docs/INPUTS.md shows.

What pnpm's settings do is told by its page "Settings (pnpm-workspace.yaml)"; what a frozen install compares with
the lockfile by its getOutdatedLockfileSetting. pnpm 11 also looks at each locked version's age and trust.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from buildgraph.workspace.looked_for import OF_BUILDS, OF_CHECKOUTS, OF_LINTERS, OF_TESTS, OF_VERSION_MANAGERS
from buildgraph.workspace.package import GROUPS
from buildgraph.workspace.projects import LOCKFILE
from buildgraph.workspace.settings import NPMRC


class Kind(Enum):
    """What a rule is about: files by name or by role, fields of the root's package.json, pnpm's settings."""

    FILE = "file"
    ROLE = "role"
    FIELD = "field"
    SETTING = "setting"


class Reach(Enum):
    """Whom a change reaches."""

    EVERY = "every one"
    BELOW = "those in its folder and below"
    HOLDING = "those whose closure holds what it is about"
    NAMING = "those that name it"
    PROJECTS = "the projects that come or go"
    ROOT = "the root package"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Rule:
    """`names` share one rule: what of them counts, whom that reaches in phase check and phase image, why."""

    kind: Kind
    names: tuple[str, ...]
    counts: str
    check: Reach
    image: Reach
    why: str


ANY = "any other"
WHOLE, VALUE, NOTHING = "the file", "its value", "nothing"
BY_NAME = "each setting by its name, as in pnpm-workspace.yaml"
LOCKED = "what the lockfile made of it; without a lockfile its value, for every one"
ENTRIES = "each entry; that there are any, for every one"
PATCHED = "what the lockfile made of it, and the patches; without a lockfile its value, for every one"

RULES = (
    Rule(
        Kind.FILE,
        (NPMRC,),
        f"{BY_NAME}, credentials never; an image sees the file as it is",
        Reach.EVERY,
        Reach.EVERY,
        "pnpm 9 reads all its settings here, later ones registries and access",
    ),
    Rule(
        Kind.FILE,
        (".pnpmfile.cjs", ".pnpmfile.mjs"),
        WHOLE,
        Reach.EVERY,
        Reach.EVERY,
        "its hooks may change every install",
    ),
    Rule(
        Kind.FILE,
        OF_VERSION_MANAGERS,
        WHOLE,
        Reach.BELOW,
        Reach.NONE,
        "version managers take Node from it; an image has that of its base",
    ),
    Rule(
        Kind.FILE,
        OF_CHECKOUTS,
        WHOLE,
        Reach.BELOW,
        Reach.NONE,
        "git writes the files of a checkout by it, with other line ends say; an image has them as git stores them",
    ),
    Rule(
        Kind.FILE,
        OF_BUILDS,
        WHOLE,
        Reach.BELOW,
        Reach.NONE,
        "builds look for it in the folders above; an image lacks it unless it is declared",
    ),
    Rule(
        Kind.FILE,
        OF_LINTERS,
        WHOLE,
        Reach.BELOW,
        Reach.NONE,
        "linters and formatters look for it in the folders above; no build does",
    ),
    Rule(
        Kind.FILE,
        OF_TESTS,
        WHOLE,
        Reach.BELOW,
        Reach.NONE,
        "mocha, c8 and nyc look for it in the folders above; no build does",
    ),
    Rule(
        Kind.FILE,
        (LOCKFILE,),
        "what is installed, not how the file is written",
        Reach.HOLDING,
        Reach.HOLDING,
        "an install brings what a closure names; checks see the root's closure too",
    ),
    Rule(
        Kind.ROLE,
        ("a patch",),
        WHOLE,
        Reach.HOLDING,
        Reach.HOLDING,
        "it changes the installed package that it is for",
    ),
    Rule(
        Kind.ROLE,
        ("a file that the setting `pnpmfile` or `onlyBuiltDependenciesFile` names",),
        WHOLE,
        Reach.EVERY,
        Reach.EVERY,
        "pnpm reads it in place of .pnpmfile.cjs, or of a list",
    ),
    Rule(
        Kind.ROLE,
        ("what a package's tsconfig or jsconfig files `extends` by a relative path: 100 files at most",),
        WHOLE,
        Reach.NAMING,
        Reach.NAMING,
        "TypeScript and bundlers read it, so an image holds it",
    ),
    Rule(
        Kind.ROLE,
        ("`inputs` of manifests/workspace.toml",),
        WHOLE,
        Reach.EVERY,
        Reach.EVERY,
        "declared as shared, so an image holds it",
    ),
    Rule(
        Kind.FILE,
        (ANY,),
        WHOLE,
        Reach.ROOT,
        Reach.NONE,
        "nothing tells that a package reads it: declare what packages read",
    ),
    Rule(
        Kind.FIELD,
        ("packageManager", "engines", "devEngines"),
        VALUE,
        Reach.EVERY,
        Reach.EVERY,
        "pnpm and Node of these versions install and build, or refuse to",
    ),
    Rule(
        Kind.FIELD,
        ("type",),
        VALUE,
        Reach.EVERY,
        Reach.EVERY,
        "Node takes shared JavaScript files of the root for modules, or does not",
    ),
    Rule(
        Kind.FIELD,
        ("volta", "browserslist", "eslintConfig", "prettier", "stylelint", "postcss"),
        VALUE,
        Reach.BELOW,
        Reach.NONE,
        "tools look for it in the folders above; the package.json in an image lacks it",
    ),
    Rule(
        Kind.FIELD, ("pnpm",), BY_NAME, Reach.EVERY, Reach.EVERY, "pnpm reads settings here up to version 10"
    ),
    Rule(
        Kind.FIELD,
        ("resolutions",),
        LOCKED,
        Reach.HOLDING,
        Reach.HOLDING,
        "pnpm takes it for `overrides`",
    ),
    Rule(
        Kind.FIELD,
        (*GROUPS, "dependenciesMeta"),
        "what the lockfile installs for the root; without a lockfile its value",
        Reach.EVERY,
        Reach.NONE,
        "packages see the node_modules above them and its commands; images with `root_dependencies` only",
    ),
    Rule(
        Kind.FIELD,
        ("name", "private"),
        VALUE,
        Reach.ROOT,
        Reach.EVERY,
        "the package.json in an image has it",
    ),
    Rule(
        Kind.FIELD,
        (ANY,),
        VALUE,
        Reach.ROOT,
        Reach.NONE,
        "scripts, description, version and the like are the root's own",
    ),
    Rule(
        Kind.SETTING,
        ("packages",),
        "the projects that it gives",
        Reach.PROJECTS,
        Reach.PROJECTS,
        "a pattern that changes no project changes nothing",
    ),
    Rule(
        Kind.SETTING,
        ("catalog", "catalogs", "overrides"),
        LOCKED,
        Reach.HOLDING,
        Reach.HOLDING,
        "a frozen install compares it with the lockfile, and installs what that says",
    ),
    Rule(
        Kind.SETTING,
        (
            *("packageExtensions", "ignoredOptionalDependencies", "autoInstallPeers"),
            *("excludeLinksFromLockfile", "injectWorkspacePackages", "linkWorkspacePackages"),
            *("peersSuffixMaxLength", "dedupePeers", "implicitTypesPeers"),
        ),
        LOCKED,
        Reach.HOLDING,
        Reach.EVERY,
        "as for overrides, but compared as a whole, so an image has all of it",
    ),
    Rule(
        Kind.SETTING,
        ("patchedDependencies",),
        PATCHED,
        Reach.HOLDING,
        Reach.HOLDING,
        "as for overrides",
    ),
    Rule(
        Kind.SETTING,
        ("onlyBuiltDependencies", "neverBuiltDependencies", "ignoredBuiltDependencies", "allowBuilds"),
        ENTRIES,
        Reach.HOLDING,
        Reach.HOLDING,
        "install scripts of the named packages run, or do not",
    ),
    Rule(
        Kind.SETTING,
        (
            *("resolutionMode", "registrySupportsTimeField", "resolvePeersFromWorkspaceRoot"),
            *("dedupePeerDependents", "strictPeerDependencies", "peerDependencyRules"),
            *("preferWorkspacePackages", "lockfileIncludeTarballUrl"),
        ),
        NOTHING,
        Reach.NONE,
        Reach.NONE,
        "it steers resolving, and the lockfile holds what came of that",
    ),
    Rule(
        Kind.SETTING,
        (
            *("minimumReleaseAge", "minimumReleaseAgeExclude", "minimumReleaseAgeIgnoreMissingTime"),
            *("minimumReleaseAgeStrict", "trustPolicy", "trustPolicyExclude", "trustPolicyIgnoreAfter"),
            *("trustLockfile", "blockExoticSubdeps"),
        ),
        "nothing; an image has its value",
        Reach.NONE,
        Reach.EVERY,
        "it may refuse an install (since pnpm 11 a frozen one too) and never changes one",
    ),
    Rule(
        Kind.SETTING,
        (
            *("savePrefix", "saveExact", "saveWorkspaceProtocol", "tag", "catalogMode"),
            *("cleanupUnusedCatalogs", "updateConfig", "updateNotifier", "auditConfig", "auditLevel"),
            *("allowedDeprecatedVersions", "requiredScripts", "gitChecks", "publishBranch"),
        ),
        NOTHING,
        Reach.NONE,
        Reach.NONE,
        "it steers adding, updating, auditing, publishing, or warnings",
    ),
    Rule(
        Kind.SETTING,
        (ANY,),
        VALUE,
        Reach.EVERY,
        Reach.EVERY,
        "it may change what an install puts where, or how scripts run",
    ),
)
_BY_NAME = {(rule.kind, name): rule for rule in RULES for name in rule.names}


def rule_of(kind: Kind, name: str) -> Rule:
    """The rule for a name of this kind; for one that stands nowhere that of any other."""
    return _BY_NAME.get((kind, name)) or _BY_NAME[kind, ANY]


def names_of(kind: Kind, counts: str, check: Reach) -> tuple[str, ...]:
    """The names of this kind of which `counts` counts and that reach `check`, in the table's order."""
    rules = (rule for rule in RULES if (rule.kind, rule.counts, rule.check) == (kind, counts, check))
    return tuple(name for rule in rules for name in rule.names if name != ANY)


def steers_no_install(setting: str) -> bool:
    """Whether a frozen install pays no heed to this setting of pnpm, so that an image can do without it."""
    return rule_of(Kind.SETTING, setting).image is Reach.NONE
