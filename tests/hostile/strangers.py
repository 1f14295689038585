"""What a pull request of a stranger may hold, row by row, and what is made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

DEEP = 20_000
LONG = "a" * 60
# Ten times ten times ten … of one text, by YAML's aliases.
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 9)
)
# What one mapping holds, in every other one: of 60 kB it makes a gigabyte.
MERGED = f"a: &a {{{', '.join(f'k{key}: 1' for key in range(2000))}}}\n" + "".join(
    f"b{key}: {{<<: *a}}\n" for key in range(3000)
)
LONG_TEXT = f"a: &a {'x' * 50_000}\n" + "".join(f"b{key}: *a\n" for key in range(5000))
PLACES = "packages: ['packages/*', 'apps/*']\n"
LOCK = "lockfileVersion: '9.0'\nimporters:\n  packages/core: {}\n  apps/web: {}\n"
CORE, WORKSPACE, OWN = "packages/core/package.json", "pnpm-workspace.yaml", "services/own/Dockerfile"
PRODUCT, ROOT = "manifests/products/more.toml", "manifests/workspace.toml"


@dataclass(frozen=True)
class Attack:
    """Files by path, and what is said of them: "" where the answer is right; `verb` is the question."""

    files: Mapping[str, str | bytes]
    says: str = ""
    verb: tuple[str, ...] = ("affected",)
    without: tuple[str, ...] = field(default=())


def globs(*patterns: str) -> str:
    """A pnpm-workspace.yaml with these patterns more."""
    return "packages: " + json.dumps(["packages/*", "apps/*", *patterns])


def service(lines: str) -> str:
    """A manifest of one more service."""
    return f'[services.more]\npath = "services/own"\ndockerfile = "{OWN}"\nport = 81\n{lines}\n'


def dockerfile(text: str) -> dict[str, str | bytes]:
    """The plain service's Dockerfile."""
    return {OWN: f"FROM scratch\n{text}\n"}


FOLDERS = {"/".join("a" * 60) + "/package.json": "{}", f"{LONG}/package.json": "{}"}
INIT = ("init", "--dry-run")
RENDER = (
    "render",
    "--check",
    "compose",
    "env",
    "helm",
    "host",
    "kubernetes",
    "monitoring",
    "tables",
    "workflows",
)

ATTACKS: Mapping[str, Attack] = {
    # package.json
    "brackets within brackets in JSON": Attack({CORE: '{"a":' * DEEP + "1" + "}" * DEEP}, "nested more than"),
    "brackets that never close": Attack({CORE: "[" * DEEP}, "nested more than"),
    "a number of thousands of digits": Attack(
        {CORE: '{"name": "c", "x": ' + "1" * 5000 + "}"}, "thousands of digits"
    ),
    "half of a character in JSON": Attack({CORE: '{"name": "@acme/\\ud800"}'}, "half of a character"),
    "a name that leads elsewhere": Attack({CORE: '{"name": "../../../etc"}'}),
    "a name that ends its line": Attack({CORE: json.dumps({"name": "x\n::error::y\u202e\x1b]0;z\x07"})}),
    "values of every wrong kind": Attack(
        {CORE: json.dumps({"name": 1, "scripts": [], "dependencies": {"a": 1}, "files": 5})},
        "name: must be a text",
    ),
    "scripts that are no texts": Attack(
        {CORE: json.dumps({"name": "@acme/core", "scripts": {"build": [1]}})},
    ),
    "overrides that are no texts": Attack(
        {CORE: json.dumps({"name": "@acme/core", "resolutions": {"ms": {}}})},
        "package.json: resolutions.ms: must be a version",
    ),
    "a JSON5 text that never closes": Attack(
        {"packages/core/package.json5": '{"' + '\\"' * 100_000}, "no readable YAML", without=(CORE,)
    ),
    "a JSON5 comment that never closes": Attack(
        {"packages/core/package.json5": "{" + "/*" * 100_000}, "no readable YAML", without=(CORE,)
    ),
    # pnpm-workspace.yaml
    "a bomb of aliases": Attack({WORKSPACE: BOMB + PLACES}, "repeat too much"),
    "one mapping within thousands": Attack({WORKSPACE: PLACES + MERGED}, "repeat too much"),
    "one long text by thousands of aliases": Attack({WORKSPACE: PLACES + LONG_TEXT}, "repeat too much"),
    "an alias of itself": Attack({WORKSPACE: f"{PLACES}x: &x [*x]\n"}, "repeat too much"),
    "brackets within brackets in YAML": Attack(
        {WORKSPACE: "packages: " + "[" * DEEP + "]" * DEEP}, "nested more"
    ),
    "brackets between brackets in YAML": Attack({WORKSPACE: "packages: [" + "[[]" * DEEP}, "nested more"),
    "dashes within dashes": Attack({WORKSPACE: "packages: \n" + "- " * DEEP}, "recursion limit"),
    "a tag that means a program": Attack(
        {WORKSPACE: f"{PLACES}x: !!python/object/apply:os.system [touch pwned]\n"}
    ),
    "keys that have no order": Attack({WORKSPACE: f"{PLACES}.nan: 1\n? .inf\n: 2\n1e999: 3\n"}),
    "a line of megabytes": Attack({WORKSPACE: f"{PLACES}x: {'a' * 1_000_000}\n"}),
    "text of no encoding": Attack({WORKSPACE: b"packages: ['packages/*']\n\xff\xfe"}, "is no UTF-8"),
    "files elsewhere as an install's": Attack(
        {WORKSPACE: f"{PLACES}pnpmfile: ../../../../etc/passwd\npatchedDependencies: {{x: /etc/passwd}}\n"},
        "there is no file",
    ),
    "settings of every wrong kind": Attack(
        {WORKSPACE: f"{PLACES}catalog: 5\ncatalogs: {{a: 5}}\noverrides: [1]\nonlyBuiltDependencies: 7\n"},
        "onlyBuiltDependencies: must be a list",
    ),
    "settings of every wrong kind in package.json": Attack(
        {"package.json": json.dumps({"name": "root", "pnpm": {"overrides": [1], "patchedDependencies": 5}})},
        "pnpm.patchedDependencies: must be a mapping",
    ),
    "versions of thousands of digits": Attack(
        {
            WORKSPACE: f"{PLACES}linkWorkspacePackages: true\n",
            CORE: json.dumps({"name": "@acme/core", "version": "1" * 6000 + ".0.0"}),
            "apps/web/package.json": json.dumps(
                {"name": "@acme/web", "dependencies": {"@acme/core": "^" + "1" * 6000}}
            ),
        },
        without=("pnpm-lock.yaml", "manifests/products/web.toml"),
    ),
    # patterns
    "folders within folders within folders": Attack({WORKSPACE: globs("**/a/" * 30 + "zz"), **FOLDERS}),
    "choices that can be read in many ways": Attack(
        {WORKSPACE: globs("*(a|aa)*(a|aa)zz"), **FOLDERS}, "too long to be"
    ),
    "stars between choices": Attack(
        {WORKSPACE: globs("@(a|b)*@(a|b)*@(a|b)*c"), **FOLDERS}, "too long to be"
    ),
    "repeats within repeats": Attack({WORKSPACE: globs("+(+(+(a)))b"), **FOLDERS}, "too long to be"),
    "exceptions after exceptions": Attack({WORKSPACE: globs("a" + "!(b)" * 16)}, "too long to be"),
    "groups within groups": Attack(
        {WORKSPACE: globs("@(" * 300 + "a" + ")" * 300)}, "pnpm-workspace.yaml: packages: '@("
    ),
    "braces after braces": Attack({WORKSPACE: globs("{a,aa}" * 40), **FOLDERS}, "too long to be"),
    "braces within braces": Attack({WORKSPACE: globs("{a," * 60 + "b" + "}" * 60)}, "too long to be"),
    "ranges of thousands": Attack({WORKSPACE: globs("{1..1000}" * 300)}, "too long to be"),
    "a range without end": Attack({WORKSPACE: globs("{1.." + "9" * 900 + "}")}),
    "sets that are none": Attack({WORKSPACE: globs("[z-a]", "[!", "[]]", "(?P<a>", "[--a]", "\\")}),
    "ignored patterns that take ages": Attack(
        {
            ROOT: f'name = "acme"\nignored = ["{"*a" * 40}b", "{"**/a/" * 30}zz"]\n',
            f"packages/core/{LONG}": "",
            **FOLDERS,
        }
    ),
    "an ignored pattern that is none": Attack(
        {ROOT: 'name = "acme"\nignored = ["[z-a]"]\n'}, "is no pattern"
    ),
    # pnpm-lock.yaml
    "a lockfile of aliases": Attack({"pnpm-lock.yaml": LOCK + BOMB}, "repeat too much", ("plan",)),
    "a lockfile of one mapping within thousands": Attack(
        {"pnpm-lock.yaml": LOCK + MERGED}, "repeat too much", ("plan",)
    ),
    "an importer that is a number": Attack(
        {"pnpm-lock.yaml": "lockfileVersion: '9.0'\nimporters: {.: 1}\n"}, "importers.", ("plan",)
    ),
    "importers that are none": Attack(
        {"pnpm-lock.yaml": "lockfileVersion: '9.0'\nimporters: {.: [1]}\n"}, "importers.", ("plan",)
    ),
    "a link out of the workspace": Attack(
        {
            "pnpm-lock.yaml": LOCK.replace(
                "apps/web: {}",
                "apps/web: {dependencies: {e: {specifier: x, version: 'link:../../../../../etc'}}}",
            )
        }
    ),
    "a patch out of the workspace": Attack(
        {"pnpm-lock.yaml": f"{LOCK}patchedDependencies: {{x@1: {{hash: h, path: ../../../etc/passwd}}}}\n"},
    ),
    # tsconfig.json
    "a tsconfig text that never closes": Attack(
        {"packages/core/tsconfig.json": '{"extends": "../x' + '\\"' * 100_000}
    ),
    "brackets within brackets in a tsconfig": Attack(
        {"packages/core/tsconfig.json": '{"extends": ' + "[" * DEEP}
    ),
    "tsconfigs in a circle": Attack(
        {
            "packages/core/tsconfig.json": '{"extends": "./tsconfig.b.json"}',
            "packages/core/tsconfig.b.json": '{"extends": "./tsconfig.json"}',
        }
    ),
    "a tsconfig that extends what lies outside": Attack(
        {
            "packages/core/tsconfig.json": '{"extends": "../../../../../../etc/passwd", "include": ["../../../../etc"]}'
        }
    ),
    # Dockerfiles
    "a Dockerfile's line of megabytes": Attack(dockerfile("RUN " + "a" * 300_000)),
    "a line that goes on and on": Attack(dockerfile("RUN a " + "\\\n" * 100_000 + "b")),
    "arguments in a circle": Attack(dockerfile("ARG A=${B:-${A:-x}}\nARG B=${A}${B}\nCOPY $A $B")),
    "arguments that grow to gigabytes": Attack(
        dockerfile(
            "ARG A0=xxxxxxxxxx\n"
            + "".join(f"ARG A{n}={f'$A{n - 1}' * 10}\n" for n in range(1, 12))
            + "COPY $A11 x"
        ),
        "longer than",
    ),
    "heredocs that never end": Attack(dockerfile("RUN <<A <<B\n" * 10_000)),
    "flags without end": Attack(dockerfile("COPY " + "--a=b " * 5_000 + "x y")),
    "a JSON list within lists": Attack(dockerfile("COPY " + "[" * DEEP), "begins like a JSON list"),
    "a stage of thousands of digits": Attack(dockerfile(f"COPY --from={'9' * 6000} a b")),
    "a mount of one long word": Attack(
        dockerfile(f"RUN --mount=type=bind,source={'a' * 200_000} x"), "cannot be read"
    ),
    "a mount that opens a quote": Attack(dockerfile('RUN --mount="a\nRUN --mount=type=bind,"')),
    "thousands of stages": Attack(dockerfile("".join(f"FROM scratch AS s{n}\n" for n in range(3000)))),
    "a copy of what lies above": Attack(dockerfile("COPY ../../../etc/passwd /etc/shadow x")),
    "copied patterns that take ages": Attack(
        {
            PRODUCT: service('health = "/"\ncontext = "."'),
            **dockerfile(f"COPY {'*a' * 40}b {'**/a/' * 30}zz [z-a] x"),
            ".dockerignore": f"{'*a' * 40}b\n{'**/a/' * 30}zz\n[z-a]\n[\n!!x\n",
            f"a{LONG}": "",
            **FOLDERS,
        }
    ),
    "copied patterns of sets that take what parts folders": Attack(
        {
            PRODUCT: service('health = "/"\ncontext = "."'),
            **dockerfile("COPY . ."),
            ".dockerignore": "*[^b]" * 12 + "*b\n",
            f"a{LONG}": "",
        },
        ".dockerignore: '*[^b]*",
    ),
    # manifests
    "lists within lists in TOML": Attack({PRODUCT: "a = " + "[" * DEEP + "]" * DEEP}, "is no TOML"),
    "a key of thousands of parts": Attack({PRODUCT: ".".join("a" * 20_000) + " = 1"}, "is no TOML"),
    "an integer of thousands of digits": Attack({PRODUCT: "a = " + "1" * 5000}, "is no TOML"),
    "a path that ends its line": Attack(
        {ROOT: 'name = "acme"\nroot = "a\\n::error::x"\n'}, "expected a path"
    ),
    "a path with NUL": Attack({PRODUCT: service('context = "a\\u0000"')}, "expected a path"),
    "a path that GitHub would evaluate": Attack(
        {ROOT: 'name = "acme"\nroot = "${{ secrets.KEY }}"\n'}, "expected a path"
    ),
    "a path above the project": Attack(
        {ROOT: 'name = "acme"\nworkflows = "../../etc/cron.d"\n'}, "expected a path"
    ),
    "a command with NUL": Attack({PRODUCT: service('health_command = ["a\\u0000"]')}, "NUL"),
    "a value with NUL": Attack({PRODUCT: service('health = "/"\nenv = { A = "a\\u0000" }')}, "NUL"),
    "a health path that says more to a proxy": Attack(
        {PRODUCT: service('health = "/x)\'#%[env(KEY)]"')}, "expected a path"
    ),
    "a backup's place that is a unit's next line": Attack(
        {"manifests/environments/production.toml": '[backups]\nto = "x\\nExecStartPre=/bin/touch /pwned"\n'},
        "expected a folder or an S3 address",
    ),
    "a registry that is an option": Attack(
        {"manifests/environments/production.toml": 'registry = "--config=/x"\n'}, "expected the prefix"
    ),
    "an engine that is an option": Attack(
        {"manifests/environments/production.toml": 'engine = "ssh://-oProxyCommand=touch/x"\n'},
        "address of a Docker",
    ),
    "a context that is an option": Attack(
        {
            "manifests/environments/production.toml": '[kubernetes]\ncontext = "--kubeconfig=x"\nnamespace = "a"\n'
        },
        "the name of a context",
    ),
    # compose files, which init reads
    "addresses that never end": Attack(
        {
            "compose.yml": "services: {own: {build: {context: ., dockerfile: services/own/Dockerfile}, "
            f"healthcheck: {{test: '{'http://a/' * 20_000}<'}}}}}}\n"
        },
        verb=INIT,
    ),
    "a compose file of aliases": Attack({"compose.yml": f"{BOMB}services: *a8\n"}, verb=INIT),
    "a compose file of one mapping within thousands": Attack(
        {"compose.yml": f"{MERGED}services: {{}}\n"}, verb=INIT
    ),
    "a compose file that builds what lies outside": Attack(
        {
            "compose.yml": "services: {a: {build: {context: ../../../etc, dockerfile: /etc/passwd}}, b: {build: [1]}}\n"
        },
        verb=INIT,
    ),
}
