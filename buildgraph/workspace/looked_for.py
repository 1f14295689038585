"""Names of files that tools look for in the folder they work in and in all above it; pure text."""

from __future__ import annotations

from typing import Final

_SCRIPTS = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")

OF_VERSION_MANAGERS: Final = (
    *(".nvmrc", ".node-version", ".tool-versions", "mise.toml", ".mise.toml", ".prototools"),
)
OF_CHECKOUTS: Final = (".gitattributes",)
OF_BUILDS: Final = (
    *(".browserslistrc", "browserslist"),
    *(f"postcss.config{ending}" for ending in _SCRIPTS),
)
OF_LINTERS: Final = (
    *(f"eslint.config{ending}" for ending in _SCRIPTS),
    *(f".eslintrc{ending}" for ending in ("", ".js", ".cjs", ".json", ".yaml", ".yml")),
    *(f".prettierrc{ending}" for ending in ("", ".json", ".json5", ".yaml", ".yml", ".toml", *_SCRIPTS)),
    *(f"prettier.config{ending}" for ending in _SCRIPTS),
    *(f".stylelintrc{ending}" for ending in ("", ".js", ".mjs", ".cjs", ".json", ".yaml", ".yml")),
    *(f"stylelint.config{ending}" for ending in (".js", ".mjs", ".cjs")),
    *("biome.json", "biome.jsonc", ".oxlintrc.json", ".editorconfig"),
)
OF_TESTS: Final = (
    *(f".mocharc{ending}" for ending in (".js", ".cjs", ".mjs", ".json", ".jsonc", ".yml", ".yaml")),
    *(".c8rc", ".c8rc.json"),
    *(f".nycrc{ending}" for ending in ("", ".json", ".yml", ".yaml")),
    *(f"nyc.config{ending}" for ending in (".js", ".cjs", ".mjs")),
)
LOOKED_FOR: Final = frozenset((*OF_VERSION_MANAGERS, *OF_CHECKOUTS, *OF_BUILDS, *OF_LINTERS, *OF_TESTS))


def folders_above(folder: str) -> tuple[str, ...]:
    """The folders above one, the nearest first, without the root that it is seen from."""
    parts = folder.split("/")
    return tuple("/".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))
