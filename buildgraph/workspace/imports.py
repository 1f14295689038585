"""Which npm packages a source imports, and which of them its package does not declare; pure text, no disk.

A scanner of comments, strings and templates, not a parser: it reads TypeScript, JavaScript, and the scripts of
Svelte, Vue and Astro files, and answers for any text. Code that it cannot follow is passed over within a line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from buildgraph.workspace.package import Package

SOURCES = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".svelte", ".astro", ".vue")
DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")  # they hold types only
TYPES = "@types/"
# Node's own modules: without `node:` before them too, they win over packages of the same name.
BUILTIN = frozenset(
    (
        *("assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto"),
        *(
            "dgram",
            "diagnostics_channel",
            "dns",
            "domain",
            "events",
            "fs",
            "http",
            "http2",
            "https",
            "inspector",
        ),
        *(
            "module",
            "net",
            "os",
            "path",
            "perf_hooks",
            "process",
            "punycode",
            "querystring",
            "readline",
            "repl",
        ),
        *(
            "stream",
            "string_decoder",
            "sys",
            "timers",
            "tls",
            "trace_events",
            "tty",
            "url",
            "util",
            "v8",
            "vm",
        ),
        *("wasi", "worker_threads", "zlib"),
    )
)

# Lengths are bounded where a text that never ends could be looked through again from each of its signs, and what can
# be read in one way alone is tried once (`(?>…)`, `*+`): of forty comments in a row none has a second way to end.
_COMMENT = rb"(?>/\*.*?\*/|//[^\n]*\n)"
_GAP = rb"(?:\s++|" + _COMMENT + rb")*+"
_TEXT = rb"(?:'([^'\\\n]*)'|\"([^\"\\\n]*)\")"
_WORDS = rb"(?:[\w$,*\s\x80-\xff]|" + _COMMENT + rb"){0,200}?"
_MEMBERS = rb"\{(?:[^{}'\"`;=()/]|'[^'\n]*'|\"[^\"\n]*\"|" + _COMMENT + rb")*+\}"
# What hides code, what may begin an import, and the brackets that end the code inside a template.
_PLAIN = (
    rb"//[^\n]*|/\*.*?(?:\*/|\Z)|<!--.*?(?:-->|\Z)"
    # behind a backslash a quote begins nothing: of a text that is never closed, each could be taken for another
    rb"|(?<!\\)(?:'(?:\\.|[^'\\\n])*+'|\"(?:\\.|[^\"\\\n])*+\")"
    rb"|[`{}]|(?<![\w$.#@-])(?:\.\.\.)?(?:import|export|require)\b(?![\w$-]|\s*:)"
)
# Or a regular expression, which stands where no number can. What is never closed is none: `<a href=/about>`.
_REGULAR = (
    rb"|(?<=[(,=:\[!&|?;])(?P<regular>[ \t]*/(?![/*]))"
    rb"(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n]){0,400}+\]|[^/\\\[\n]){1,2000}+(?P<end>/)?"
)
_TOKEN, _REST = re.compile(_PLAIN + _REGULAR, re.DOTALL), re.compile(_PLAIN, re.DOTALL)
_IN_TEMPLATE = re.compile(rb"`|\$\{|\\.", re.DOTALL)
_FROM = re.compile(
    rb"(?:import|export)\b(" + _WORDS + rb"(?:" + _MEMBERS + _GAP + rb")?)(?<![\w$])from" + _GAP + _TEXT,
    re.DOTALL,
)
_BARE = re.compile(rb"import" + _GAP + _TEXT, re.DOTALL)
_CALL = re.compile(
    rb"(?:import|require(?:\s*\.\s*resolve)?)\s*\(" + _GAP + rb"(?:" + _TEXT + rb"|`([^`\\]*)`)", re.DOTALL
)
_TYPES = re.compile(rb"\s*type\b(?!\s*(?:,|\Z))")
_TYPE_MEMBERS = re.compile(rb"\s*\{(?:\s*type\s[^,}]*+(?:,|(?=\})))++\s*\}\s*")
# What stands in quotes behind such a word, or behind a comment's end, for comments may stand between the two.
_GLIMPSE = re.compile(
    rb"(?:(?:from|import|require|resolve)(?![\w$])[\s(]*+|\*/\s*+|\n[^\S\n]*+)['\"`]([\w@][^'\"`\n]*)"
)
_SCRIPT = re.compile(rb"<script\b[^<>]{0,400}>", re.IGNORECASE)
_NAME = re.compile(r"(@[\w~-][\w.~-]*/[\w~-][\w.~-]*|[\w-][\w.~-]*)(/|$)")


class Use(NamedTuple):
    """A package that a source imports, and whether for its types alone."""

    name: str
    types_only: bool


def parse_uses(source: bytes) -> frozenset[Use]:
    """The npm packages that a source imports: statically, dynamically, by require or as types.

    One that it imports twice, once for types alone, stands there twice. Relative paths, Node's own modules and path
    aliases (`@/`, `~/`, `$lib`, `#…`, `astro:…`) are none. The scripts of a page are read once more by themselves,
    whatever its markup looks like to a scanner.
    """
    return frozenset(use for text in (source, *_scripts(source)) for use in _scan(text))


def undeclared(
    package: Package, sources: Mapping[str, bytes], root: Package | None, among: Collection[str] | None = None
) -> tuple[str, ...]:
    """The names that a package's sources (by path) import and no package.json gives it, sorted.

    Its own name counts as declared, and so does what the root declares, since that is every project's.
    `@types/NAME` is enough where NAME is imported for its types alone. `among` are the only names that count,
    such as those that an install brings at all; any by default.
    """
    declared = _declared(package) | (_declared(root) if root is not None else frozenset())
    missing: set[str] = set()
    for path, source in sources.items():
        suspects = {name for name in _glimpse(source) - declared if among is None or name in among}
        if suspects - missing:
            uses = (use for use in parse_uses(source) if use.name in suspects)
            missing |= {use.name for use in uses if not _has_types(use, path, declared)}
    return tuple(sorted(missing))


def _glimpse(source: bytes) -> set[str]:
    """The names that a source may import, comments and texts among them: three times as fast as to read it."""
    told = {found.decode("utf-8", "replace") for found in _GLIMPSE.findall(source)}
    return {name for specifier in told if (name := package_name(specifier)) is not None}


def _declared(package: Package) -> frozenset[str]:
    return frozenset((package.name, *(name for table in package.dependencies.values() for name in table)))


def _has_types(use: Use, path: str, declared: Collection[str]) -> bool:
    """Whether types are declared, and are all that is imported."""
    return (use.types_only or path.endswith(DECLARATIONS)) and _types_of(use.name) in declared


def _types_of(name: str) -> str:
    """The package of a package's types; a scope is written with two underscores there."""
    return TYPES + name.removeprefix("@").replace("/", "__")


def _scripts(page: bytes) -> Iterator[bytes]:
    position = 0
    while opening := _SCRIPT.search(page, position):
        position = page.find(b"</script", opening.end())
        if position < 0:
            return
        yield page[opening.end() : position]


def _scan(text: bytes) -> Iterator[Use]:
    """The uses in a text: from token to token, and through the code inside templates."""
    position, templates, tokens = 0, _Templates(text), _Tokens(text)
    while token := tokens.after(position):
        position, sign = token.end(), token[0]
        if token.lastgroup == "regular":
            tokens.unclosed, position = position, token.end("regular")
        elif sign == b"`":
            position = templates.enter(position)
        elif sign == b"{":
            templates.open_brackets[-1] += 1
        elif sign == b"}":
            position = templates.close(position)
        elif sign.endswith((b"import", b"export", b"require")):
            found = _read(text, token.end() - len(sign.lstrip(b".")))
            if found is not None:
                use, position = found
                yield from use


@dataclass(slots=True)
class _Tokens:
    """The tokens of a text. Before `unclosed` no regular expression ends.

    That, and the next token of any other kind, are known once: to look from each of a line's slashes would take ages.
    """

    text: bytes
    unclosed: int = 0
    _between: range = range(0)
    _other: re.Match[bytes] | None = None

    def after(self, position: int) -> re.Match[bytes] | None:
        """The next token that begins at a position or behind it."""
        if position < self.unclosed:
            other = self._next_other(position)
            if other is not None and other.start() < self.unclosed:
                return other
        return _TOKEN.search(self.text, max(position, self.unclosed))

    def _next_other(self, position: int) -> re.Match[bytes] | None:
        if position not in self._between:
            self._other = _REST.search(self.text, position)
            self._between = range(position, (self._other.start() if self._other else len(self.text)) + 1)
        return self._other


@dataclass(slots=True)
class _Templates:
    """The templates of a text, by the brackets that are open since the code inside of each began."""

    text: bytes
    open_brackets: list[int] = field(default_factory=lambda: [0])
    are_over: bool = False

    def enter(self, position: int) -> int:
        """Where code goes on after a template's text: in a `${`, or behind its end.

        A back tick that nothing closes, as in the text of a page, hides nothing, and none behind it is closed either.
        """
        start = position
        while not self.are_over and (sign := _IN_TEMPLATE.search(self.text, position)):
            position = sign.end()
            if sign[0] == b"`":
                return position
            if sign[0] == b"${":
                self.open_brackets.append(0)
                return position
        self.are_over = True
        return start

    def close(self, position: int) -> int:
        """Behind a `}`: it ends a block, or the code inside a template, whose text goes on."""
        if self.open_brackets[-1] or len(self.open_brackets) == 1:
            self.open_brackets[-1] = max(0, self.open_brackets[-1] - 1)
            return position
        self.open_brackets.pop()
        return self.enter(position)


def _read(text: bytes, position: int) -> tuple[list[Use], int] | None:
    """What an `import`, `export` or `require` at `position` uses, and where it ends; None when it uses nothing."""
    statement = _FROM.match(text, position)
    if statement is not None:
        clause, *specifiers = statement.groups()
        return _uses(specifiers, types_only=_is_of_types(clause)), statement.end()
    found = _BARE.match(text, position) or _CALL.match(text, position)
    return None if found is None else (_uses(found.groups(), types_only=False), found.end())


def _is_of_types(clause: bytes) -> bool:
    """Whether the names between `import` and `from` are types: `type A`, `type { A }`, `{ type A, type B }`."""
    return bool(_TYPES.match(clause) or _TYPE_MEMBERS.fullmatch(clause))


def _uses(specifiers: Iterable[bytes | None], *, types_only: bool) -> list[Use]:
    told = next((specifier for specifier in specifiers if specifier), b"").decode("utf-8", "replace")
    name = package_name(told)
    return [] if name is None else [Use(name, types_only)]


def package_name(specifier: str) -> str | None:
    """The npm package that a specifier means; None for paths, aliases, addresses and Node's own modules."""
    bare = specifier.partition("?")[0]
    found = _NAME.match(bare)
    if found is None or ":" in bare or "!" in bare or found[1] in BUILTIN:
        return None
    return found[1]
