"""How Sphinx makes a site of the pages: they stay where they are, and links work here as on GitHub."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent

project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"].removeprefix("doit-")
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "manifests/REFERENCE.md", "examples/manacore/README.md"]
# Folders with many files, in none of which a page is looked for.
exclude_patterns = [".git", ".venv", "build", "**/node_modules", "tests", "buildgraph"]
myst_heading_anchors = 4
nitpicky = True
html_theme = "furo"
html_title = project
html_copy_source = html_show_copyright = False
html_extra_path = ["site"]
pygments_style = "friendly"
