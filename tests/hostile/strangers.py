"""What a pull request of a stranger may hold, row by row, and what is made of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

DEEP = 20_000
LONG = "a" * 60
HIDE = "\x1b[8m"  # ECMA-48: conceal
HUGE, BEYOND = "0x" + "f" * 5000, "is an integer beyond 64 bits"
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
LINKING = f"{PLACES}linkWorkspacePackages: true\n"
LOCK = "lockfileVersion: '9.0'\nimporters:\n  packages/core: {}\n  apps/web: {}\n"
CORE, WORKSPACE, OWN = "packages/core/package.json", "pnpm-workspace.yaml", "services/own/Dockerfile"
PRODUCT, ROOT = "manifests/products/more.toml", "manifests/workspace.toml"
NAMES_ALL = '{"name": "NAME", "scripts": {"build": "cat ../../named"}}'
LIVE = "manifests/environments/production.toml"


@dataclass(frozen=True)
class Attack:
    """Files and links by path, and what is said of them: "" where the answer is right; `verb` is the question."""

    files: Mapping[str, str | bytes]
    says: str = ""
    verb: tuple[str, ...] = ("affected",)
    without: tuple[str, ...] = field(default=())
    links: Mapping[str, str] = field(default_factory=dict)


def globs(*patterns: str) -> str:
    """A pnpm-workspace.yaml with these patterns more."""
    return "packages: " + json.dumps(["packages/*", "apps/*", *patterns])


def service(lines: str) -> str:
    """A manifest of one more service."""
    return f'[services.more]\npath = "services/own"\ndockerfile = "{OWN}"\nport = 81\n{lines}\n'


def dockerfile(text: str) -> dict[str, str | bytes]:
    """The plain service's Dockerfile."""
    return {OWN: f"FROM scratch\n{text}\n"}


def sharing(count: int) -> dict[str, str | bytes]:
    """So many more services built by the plain service's Dockerfile, each with an argument of its own."""
    one = f'path = "services/own"\ncontext = "services/own"\ndockerfile = "{OWN}"\ndeployed = false\n'
    return {
        PRODUCT: "".join(f'[services.s{n}]\n{one}build_args = {{ A = "{n}" }}\n' for n in range(count)),
    }


def nest(text: str) -> dict[str, str | bytes]:
    """A NestJS service with these lines in its main.ts."""
    package = {"name": "@acme/api", "scripts": {"start": "x"}, "dependencies": {"@nestjs/core": "10"}}
    return {
        "apps/api/package.json": json.dumps(package),
        "apps/api/src/main.ts": f"app.listen(3000);{text}",
    }


def web(ranges: Iterable[str]) -> str:
    """The package.json of web, with dependencies on the package a under other names."""
    lines = {f"b{n}": one if ":" in one else f"workspace:a@{one}" for n, one in enumerate(ranges)}
    return json.dumps({"name": "@acme/web", "dependencies": {"@acme/core": "workspace:*", **lines}})


def named_alike(count: int) -> dict[str, str]:
    """Packages of one name, each of another version."""
    return {
        f"packages/p{n}/package.json": json.dumps({"name": "a", "version": f"1.0.{n}"}) for n in range(count)
    }


def locked(overrides: Mapping[str, str], count: int) -> str:
    """A lockfile with these overrides; web installs so many versions of the package a."""
    lines = {f"b{n}": {"specifier": "npm:a@1", "version": f"a@1.0.{n}"} for n in range(count)}
    core = {"@acme/core": {"specifier": "workspace:*", "version": "link:../../packages/core"}}
    versions: dict[str, object] = {f"a@1.0.{n}": {} for n in range(count)}
    projects: dict[str, object] = {"apps/web": {"dependencies": core | lines}, ".": {}, "packages/core": {}}
    tables = {"overrides": overrides, "importers": projects, "packages": versions, "snapshots": versions}
    return "lockfileVersion: '9.0'\n" + "".join(f"{name}: {json.dumps(of)}\n" for name, of in tables.items())


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
    "a dependency of a name of megabytes": Attack(
        {CORE: json.dumps({"name": "@acme/core", "dependencies": {"x" * 1_000_000: 1}})}, "must be a version"
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
    "projects of one name that all ask for it": Attack(
        {
            f"packages/p{n}/package.json": '{"name": "p", "dependencies": {"p": "workspace:*"}}'
            for n in range(150)
        },
        "name: 'p' is that of 150 projects",
    ),
    # pnpm-workspace.yaml
    "a bomb of aliases": Attack({WORKSPACE: BOMB + PLACES}, "repeat too much"),
    "one mapping within thousands": Attack({WORKSPACE: PLACES + MERGED}, "repeat too much"),
    "one long text by thousands of aliases": Attack({WORKSPACE: PLACES + LONG_TEXT}, "repeat too much"),
    "thousands of aliases beside a text of one letter": Attack(
        {WORKSPACE: f"{PLACES}x: [&a 1{', *a' * 20_000}]\ny: {'m' * 100_000}\n"}
    ),
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
            WORKSPACE: LINKING,
            CORE: json.dumps({"name": "@acme/core", "version": "1" * 6000 + ".0.0"}),
            "apps/web/package.json": json.dumps(
                {"name": "@acme/web", "dependencies": {"@acme/core": "^" + "1" * 6000}}
            ),
        },
        without=("pnpm-lock.yaml", "manifests/products/web.toml"),
    ),
    "ranges of thousands of alternatives": Attack(
        {
            WORKSPACE: LINKING,
            "apps/web/package.json": web(["||".join(f"{n % 2000}.2.3-a" for n in range(100_000))]),
            **named_alike(100),
        }
    ),
    # patterns
    "folders within folders within folders": Attack({WORKSPACE: globs("**/a/" * 30 + "zz"), **FOLDERS}),
    "choices that can be read in many ways": Attack({WORKSPACE: globs("*(a|aa)*(a|aa)zz"), **FOLDERS}),
    "stars between choices": Attack({WORKSPACE: globs("@(a|b)*@(a|b)*@(a|b)*c"), **FOLDERS}),
    "repeats within repeats": Attack({WORKSPACE: globs("+(+(+(a)))b"), **FOLDERS}, "too long to be"),
    "exceptions after exceptions": Attack({WORKSPACE: globs("a" + "!(b)" * 30)}, "too long to be"),
    "groups within groups": Attack(
        {WORKSPACE: globs("@(" * 300 + "a" + ")" * 300)}, "pnpm-workspace.yaml: packages: '@("
    ),
    "braces after braces": Attack({WORKSPACE: globs("{a,aa}" * 40), **FOLDERS}),
    "braces within braces": Attack({WORKSPACE: globs("{a," * 60 + "b" + "}" * 60)}, "too long to be"),
    "options after exceptions": Attack(
        {WORKSPACE: globs("*!(a)?(a)?(a)!(a)?(a)?(a)!(a)?(a)?(a)z"), "a" * 200 + "/package.json": "{}"}
    ),
    "options in folders": Attack(
        {
            WORKSPACE: globs("*/**/*?(a)/**/*?(a)/**/*?(a)z", "*?(a)/**/*a?(a)/**/*a?(a)/**/*a/z"),
            "aaaa/" * 120 + "c/package.json": "{}",
        }
    ),
    "repeats after repeats": Attack(
        {WORKSPACE: globs("*+(a|b)+(a|b)+(a|b)z"), "a" * 200 + "/package.json": "{}"}
    ),
    "thousands of wildcards": Attack(
        {WORKSPACE: globs(*(f"*a{n}*/**" for n in range(5000)))}, "more than 2000 wildcards"
    ),
    "ranges of thousands": Attack({WORKSPACE: globs("{1..1000}" * 300)}, "too long to be"),
    "a range without end": Attack({WORKSPACE: globs("{1.." + "9" * 900 + "}")}),
    "projects within projects within projects": Attack(
        {WORKSPACE: globs("**"), **{f"{'a/' * deep}package.json": "{}" for deep in range(1, 150)}},
        "more than 100 folders deep",
    ),
    "sets that are none": Attack({WORKSPACE: globs("[z-a]", "[!", "[]]", "(?P<a>", "[--a]", "\\")}),
    "ignored patterns that take ages": Attack(
        {
            ROOT: f'name = "acme"\nignored = ["{"*a" * 40}b", "{"**/a/" * 30}zz"]\n',
            f"packages/core/{LONG}": "",
            **FOLDERS,
        }
    ),
    "an ignored pattern of thousands of folders": Attack(
        {ROOT: f'name = "acme"\nignored = ["a/{"**/" * 16_000}x"]\n'},
    ),
    "ignored patterns by the thousand": Attack(
        {ROOT: f'name = "acme"\nignored = {json.dumps([f"*{n}/**/x{n}" for n in range(6000)])}\n'},
        "workspace.toml: ignored: are more than 1000 patterns",
    ),
    "inputs by the thousand, in many services": Attack(
        {
            PRODUCT: "".join(
                service(f'health = "/"\ninputs = {json.dumps([f"*{n}{i}/**" for i in range(900)])}').replace(
                    "more", f"s{n}"
                )
                for n in range(6)
            )
        },
        "services.s5.inputs: are, with those before, more than 5000 patterns",
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
    "overrides of one package by the thousand": Attack(
        {"pnpm-lock.yaml": locked({f"a@>=0.0.{n}": f">=0.0.{n}" for n in range(600)}, 600)},
        verb=("plan", "build"),
    ),
    "overrides of thousands of alternatives": Attack(
        {
            "pnpm-lock.yaml": locked(
                {f"a@{n}": "||".join(str(n * m + 2) for m in range(500)) for n in range(50)}, 200
            )
        },
        verb=("plan", "build"),
    ),
    "overrides of what thousands of lines ask for": Attack(
        {
            "pnpm-lock.yaml": locked({f"b{n}": "1" for n in range(2500, 5000)}, 2500),
            "apps/web/package.json": web(["workspace:*"] * 2500),
        },
        verb=("plan", "build"),
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
    "tsconfigs that extend one another by the hundred": Attack(
        {
            "packages/core/tsconfig.json": '{"extends": "./0.json"}',
            **{f"packages/core/{n}.json": f'{{"extends": "./{n + 1}.json"}}' for n in range(150)},
        },
        "packages/core/99.json: is extended over more than 100 files",
    ),
    "a tsconfig that extends thousands": Attack(
        {"packages/core/tsconfig.json": json.dumps({"extends": [f"../n{n}.json" for n in range(6000)]})},
        "comes to 6000 files",
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
    "a heredoc behind blanks that is none": Attack(dockerfile(f"RUN <<{' ' * 64_000}x<\n")),
    "a copied heredoc behind blanks that is none": Attack(dockerfile(f'COPY ["<<{" " * 64_000}<", "/"]')),
    "flags without end": Attack(dockerfile("COPY " + "--a=b " * 5_000 + "x y")),
    "flags of a command without end": Attack(dockerfile("RUN" + " --a" * 300_000)),
    "a JSON list within lists": Attack(dockerfile("COPY " + "[" * DEEP + " x")),
    "a stage of thousands of digits": Attack(dockerfile(f"COPY --from={'9' * 6000} a b")),
    "a mount of one long word": Attack(
        dockerfile(f"RUN --mount=type=bind,source={'a' * 200_000} x"), "cannot be read"
    ),
    "an image of a name of megabytes": Attack(
        dockerfile(f"COPY --from={'x' * 1_000_000}$x a b"), "has a variable"
    ),
    "a base of a name of megabytes": Attack({OWN: f"FROM ${{{'x' * 1_000_000}}}"}, "in FROM has no value"),
    "a stage of a name of megabytes": Attack(
        {PRODUCT: service(f'health = "/"\ntarget = "{"x" * 1_000_000}"')}, "there is no stage"
    ),
    "a mount that opens a quote": Attack(dockerfile('RUN --mount="a\nRUN --mount=type=bind,"')),
    "thousands of stages": Attack(dockerfile("FROM scratch\n" * 3000), "has more than 250 stages"),
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
    ),
    "copied patterns of folders that may begin within names": Attack(
        {
            PRODUCT: service('health = "/"\ncontext = "."'),
            **dockerfile(f"COPY {'**/b' * 8}z x"),
            "b/" * 60 + "x": "",
        },
    ),
    "ignored patterns of folders that may begin within names": Attack(
        {
            PRODUCT: service('health = "/"\ncontext = "."'),
            **dockerfile("COPY . ."),
            ".dockerignore": f"{'**/b' * 8}z\n**/*a**/*a**//z\n",
            "b/" * 60 + "x": "",
            "aaaa/" * 200 + "c": "",
        },
    ),
    "thousands of copied patterns": Attack(
        {
            PRODUCT: service('health = "/"\ncontext = "."'),
            **dockerfile("COPY . ."),
            ".dockerignore": "".join(f"!*a{n}/**/a*b{n}\n" for n in range(6000)),
            **{f"packages/core/f{n}": "" for n in range(500)},
        },
    ),
    "thousands of copied sets": Attack(
        {
            PRODUCT: service('health = "/"\ncontext = "."'),
            **dockerfile("COPY . ."),
            ".dockerignore": "*[aa]" * 20_000,
        },
        "hold more than 1000 sets",
    ),
    "copied patterns that each meet hundreds of links": Attack(
        {
            PRODUCT: service('health = "/"\ncontext = "."'),
            **dockerfile("".join(f"COPY *{n}/*/x *l{n}/**/y /\n" for n in range(800))),
        },
        "too much to be held against files and links",
        links={f"l{n}": f"l{n + 1}" for n in range(300)},
    ),
    "copied patterns of many services that meet a thousand links": Attack(
        dockerfile("ARG A\n" + "".join(f"COPY ?[a-z]*K*/x${{A}}{n} /\n" for n in range(9))) | sharing(40),
        "too much to be held against files and links",
        links={f"services/own/l{n}Kb": f"t{n}" for n in range(1000)},
    ),
    "copied patterns of many services": Attack(
        dockerfile(f"ARG A\nCOPY {' '.join(f'*{n}*[a-z]*?$A' for n in range(300))} /\n") | sharing(200),
        "too much to be held against files and links",
    ),
    # symbolic links
    "links that lead to ever longer paths": Attack(
        {}, links={f"packages/core/c{n}": f"c{n + 1}/" + "a/" * 2030 for n in range(20)}
    ),
    "links that are read with all that follows": Attack(
        {}, links={f"packages/core/c{n}": f"c{n + 1}/" + "a/" * 50 for n in range(1000)}
    ),
    "thousands of links to a folder of thousands": Attack(
        {f"big/{n}": "" for n in range(2000)}, links={f"packages/core/l{n}": "../../big" for n in range(2000)}
    ),
    "a thousand links in a circle": Attack(
        {}, links={f"packages/core/l{n}": f"l{(n + 1) % 1000}/x/../" for n in range(1000)}
    ),
    "thousands of files that hundreds of packages link or name": Attack(
        {f"{folder}/{n}": "" for folder in ("linked", "named") for n in range(600)}
        | {f"packages/p{n}/package.json": NAMES_ALL.replace("NAME", f"p{n}") for n in range(800)},
        links={f"packages/p{n}/all": "../../linked" for n in range(800)},
    ),
    # files of odd names
    "thousands of names that no line holds": Attack({f"packages/core/\n{n}": str(n) for n in range(3000)}),
    "variables that grow on each line, for many services": Attack(
        dockerfile(
            f'ARG A\nENV B="{"${A}" + "x" * 500}"\nENV C="{"$B" * 10}"\nENV D="{"$C" * 12}"\n'
            + "".join(f"COPY {n}$D /\n" for n in range(20))
        )
        | sharing(50),
        "with it, all services together",
    ),
    "thousands of lines that hundreds of services share": Attack(
        dockerfile("ARG A\n" + "COPY a$b /\n" * 3500) | sharing(200), "too much to be read"
    ),
    "thousands of lines that say the same for hundreds of services": Attack(
        dockerfile("COPY a$b /\n" * 3500) | sharing(300)
    ),
    "thousands of files that hundreds of services share": Attack(
        dockerfile("COPY . .")
        | {f"services/own/{n}": "" for n in range(2000)}
        | {"services/own/.dockerignore": "".join(f"**/a*{n}*b\n" for n in range(300))}
        | sharing(300)
    ),
    "thousands of lines for each of the images built upon one": Attack(
        dockerfile("FROM up\nARG A\n" * 5)
        | sharing(100)
        | {
            "manifests/products/up.toml": "[services.up]\npath = 'up'\ndockerfile = 'up/Dockerfile'\ndeployed = false",
            "up/Dockerfile": "FROM scratch\n" + "ONBUILD COPY $a /\n" * 1900,
        },
        "too much to be read",
    ),
    "thousands of variables, and of words that name none": Attack(
        dockerfile(f"ARG A\nENV {' '.join(f'a{n}=1' for n in range(3000))}\nCOPY {'a ' * 3000} /")
        | sharing(40),
        "too much to be read",
    ),
    "long words behind a variable of kilobytes, for many services": Attack(
        dockerfile(f"ARG A={'x' * 60_000}\nARG B\n" + f"EXPOSE ${{A}}{'y' * 1000}\n" * 60)
        | {path: str(text).replace("{ A =", "{ B =") for path, text in sharing(40).items()}
    ),
    "variables that never end": Attack(dockerfile("COPY " + "${" * 50_000 + " x")),
    "a copied word of megabytes": Attack(dockerfile(f"COPY {'a' * 1_200_000} x"), "longer than"),
    "an argument of megabytes": Attack(dockerfile(f"ARG A={'a' * 1_200_000}"), "longer than"),
    # .npmrc
    "a setting that stands there thousands of times": Attack({".npmrc": "a=\n" * 100_000}),
    # manifests
    "lists within lists in TOML": Attack({PRODUCT: "a = " + "[" * DEEP + "]" * DEEP}, "is no TOML"),
    "a key of thousands of parts": Attack({PRODUCT: ".".join("a" * 20_000) + " = 1"}, "is no TOML"),
    "an integer of thousands of digits": Attack({PRODUCT: "a = " + "1" * 5000}, "is no TOML"),
    "a port of thousands of digits": Attack({PRODUCT: service(f"listens = {HUGE}")}, BEYOND),
    "a path that is a number of thousands of digits": Attack({PRODUCT: service(f"context = {HUGE}")}, BEYOND),
    "a value of thousands of digits": Attack({PRODUCT: service(f"env = {{ A = {HUGE} }}")}, BEYOND),
    "a request of thousands of digits": Attack(
        {PRODUCT: service(f'smoke = [{{ name = "a", body = {{ a = [1, {HUGE}] }} }}]')},
        "services.more.smoke[0].body.a[1]: is an integer beyond 64 bits",
    ),
    "a fingerprint version of thousands of digits": Attack(
        {ROOT: f'name = "acme"\nfingerprint_version = {HUGE}\n'}, BEYOND
    ),
    "a date of thousands of digits": Attack({ROOT: f'name = "acme"\nsource_date_epoch = {HUGE}\n'}, BEYOND),
    "a break of thousands of digits": Attack({PRODUCT: service(f"breaking = {HUGE}")}, BEYOND),
    "backups of thousands of days": Attack({LIVE: f'[backups]\nto = "x"\ndaily = {HUGE}\n'}, BEYOND),
    "more processors than a float can tell": Attack(
        {PRODUCT: service(f"resources.cpus = 1{'0' * 400}")}, BEYOND
    ),
    "more processors than there are": Attack({PRODUCT: service("resources.cpus = 1e300")}, "above 0 to 4096"),
    "longer than the world stands": Attack(
        {PRODUCT: service('smoke = [{ name = "a", within = 1e308 }]')}, "is 1e+308, expected a number above 0"
    ),
    "a window of no time": Attack(
        {LIVE: "rollback_window = nan\n"}, "rollback_window: is nan, expected 0 to"
    ),
    "a date of more than four digits' years": Attack(
        {ROOT: 'name = "acme"\nsource_date_epoch = 253402300800\n'}, "expected 0 to 253402300799"
    ),
    "a request of what is no number": Attack(
        {PRODUCT: service('smoke = [{ name = "a", body = { a = [nan, inf] } }]')}, "smoke[0].body: is no JSON"
    ),
    "more memory than a float can tell": Attack(
        {PRODUCT: service(f'resources.memory = "{"9" * 400}G"')}, "expected 6M to 1048576G"
    ),
    "a request of lists within lists": Attack(
        {PRODUCT: service(f'smoke = [{{ name = "a", body = "{"[" * DEEP}" }}]')}, "is no JSON"
    ),
    "a request of tables within tables": Attack(
        {PRODUCT: f"[[services.more.smoke]]\nbody.{'.'.join('a' * 998)} = 1"},
        "nested more than 64 levels deep",
    ),
    "tables in tables in tables": Attack(
        {PRODUCT: f"[services.{'.'.join('a' * 900)}]\n{'.'.join('b' * 900)} = 1"}, "nested more than 64"
    ),
    "unknown keys by the thousand": Attack(
        {PRODUCT: service('health = "/"\n' + "".join(f"k{number} = 1\n" for number in range(40_000)))},
        "and at least 950 more",
    ),
    "names by the thousand that are like hundreds of others": Attack(
        {
            PRODUCT: "".join(
                f'[services.s{n:04d}]\npath = "services/own"\ndockerfile = "{OWN}"\nhealth_command = ["x"]\n'
                for n in range(250)
            )
            + f"depends_on = {json.dumps([f's{n:04d}x' for n in range(2500)])}\n"
        },
        "did you mean s0000",
    ),
    "names that are none by the thousand": Attack(
        {LIVE: "[values]\n" + "".join(f"k-{number} = ''\n" for number in range(40_000))},
        "and at least 950 more",
    ),
    "a key of megabytes above thousands": Attack(
        {
            ROOT: f'name = "acme"\n[checks.packages."{"x" * 200_000}".outputs]\n'
            + "k = 1\n"
            + "".join(f"k{number} = 1\n" for number in range(5_000))
        },
        "and at least 950 more",
    ),
    "a value of megabytes": Attack(
        {PRODUCT: service(f'path2 = 1\ncontext = "/{"x" * 1_000_000}"')}, "expected a path"
    ),
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
    **{
        f"a value named {json.dumps(name)}": Attack(
            {LIVE: f'[values]\n{json.dumps(name)} = "x"\n'},
            "name of a variable" if name != "PORT" else "PORT is given",
        )
        for name in ("", "PORT", "A\0B", "LD_PRELOAD=/x\nB", "A B")
    },
    "a setting of a database that is another": Attack(
        {LIVE: '[backing.postgres]\nimage = "a"\nsettings = { "a=1\\nb" = "x" }\n'}, "name of a setting"
    ),
    "a setting of a Redis on two lines": Attack(
        {LIVE: '[backing.redis]\nimage = "a"\nsettings = { save = "1\\nrequirepass a" }\n'},
        "expected one line",
    ),
    "an annotation that is none": Attack(
        {
            LIVE: 'registry = "a.b"\n[kubernetes]\ncontext = "a"\nnamespace = "a"\nannotations = { "a: b" = "x" }\n'
        },
        "name of an annotation",
    ),
    "a mirror of nothing": Attack(
        {ROOT: 'name = "acme"\nmirrors = { "docker.io\\n" = "a.b" }\n'}, "a registry's host"
    ),
    "a health path that says more to a proxy": Attack(
        {PRODUCT: service('health = "/x)\'#%[env(KEY)]"')}, "expected a path"
    ),
    "a backup's place that is a unit's next line": Attack(
        {LIVE: '[backups]\nto = "x\\nExecStartPre=/bin/touch /pwned"\n'},
        "expected a folder or an S3 address",
    ),
    "a registry that is an option": Attack({LIVE: 'registry = "--config=/x"\n'}, "expected the prefix"),
    "an engine that is an option": Attack(
        {LIVE: 'engine = "ssh://-oProxyCommand=touch/x"\n'},
        "address of a Docker",
    ),
    "a context that is an option": Attack(
        {LIVE: '[kubernetes]\ncontext = "--kubeconfig=x"\nnamespace = "a"\n'},
        "the name of a context",
    ),
    # colours, by which the rest of an answer would be hidden
    "a base that hides what follows": Attack({OWN: f"FROM x{HIDE}\n"}, verb=("plan", "build")),
    "a folder that hides what follows": Attack({f"packages/{HIDE}h/package.json": "{"}, "x1b[8mh"),
    "an address that hides what follows": Attack(dockerfile(f"ADD http://x/{HIDE} /"), "x1b[8m"),
    "a stage that hides what follows": Attack(dockerfile(f"COPY --from=$x{HIDE} a b"), "x1b[8m"),
    "a pattern that hides what follows": Attack(
        {WORKSPACE: globs(f"{HIDE}+(+(+(a)))b"), **FOLDERS}, "too long to be"
    ),
    "a dependency that hides what follows": Attack(
        {CORE: json.dumps({"name": "@acme/core", "dependencies": {f"{HIDE}a": 1}})}, "x1b[8ma"
    ),
    "a lockfile's version that hides what follows": Attack(
        {"pnpm-lock.yaml": 'lockfileVersion: "9.0\\e[8m"\nimporters: {}\n'}
    ),
    "a locked package that hides what follows": Attack(
        {"pnpm-lock.yaml": LOCK + 'packages: {"a\\e[30;40m": 1}\n'}
    ),
    "a file of hooks that hides what follows": Attack(
        {WORKSPACE: f'{PLACES}pnpmfile: "\\e[8mx"\n'}, "x1b[8mx", ("plan", "build")
    ),
    # compose files, which init reads
    "addresses that never end": Attack(
        {
            "compose.yml": "services: {own: {build: {context: ., dockerfile: services/own/Dockerfile}, "
            f"healthcheck: {{test: '{'http://a/' * 20_000}<'}}}}}}\n"
        },
        verb=INIT,
    ),
    "blanks where a variable is expected": Attack(dockerfile("ENV" + " " * 100_000), verb=INIT),
    "copied patterns by the thousand": Attack(
        {
            **dockerfile("".join(f"COPY {n}*b*c /x\n" for n in range(6000))),
            **{f"packages/core/f{n}": "" for n in range(500)},
        },
        verb=INIT,
        without=("manifests/products/own.toml",),
    ),
    "a program's versions within one another": Attack(dockerfile("RUN " + "turbo@" * 17_000), verb=INIT),
    "health checks that go on and on": Attack(dockerfile("HEALTHCHECK \\\n" * 7_000), verb=INIT),
    "a controller of blanks": Attack(nest("@Controller(" + " " * 100_000 + "x"), verb=INIT),
    "lists of paths that never end": Attack(nest("setGlobalPrefix(exclude:[" * 4_000), verb=INIT),
    "controllers without a path": Attack(nest("@Controller()" * 8_000), verb=INIT),
    "a path of health upon health": Attack(nest("@Get('" + "_health" * 14_000), verb=INIT),
    "a port behind blanks": Attack(nest("app.listen({port:" + " " * 100_000 + "x"), verb=INIT),
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
