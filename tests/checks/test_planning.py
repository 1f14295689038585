"""Which scripts there are, and which come before which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from buildgraph.checks.planning import NOTHING, plan_scripts
from buildgraph.checks.repositories import Unheld, unheld_places
from buildgraph.checks.script import Script
from buildgraph.checks.scripts import PackageScripts, development_of
from buildgraph.graph.nodes import SETTINGS_ID, Graph, Kind, Node
from buildgraph.graph.territory import Territory
from buildgraph.manifests.package_checks import Checks, PackageCheck

# Groups of package.json: a project beside `vitest`, and one that is a peer, too.
DEPENDING = {
    "devDependencies": {"vitest": "1", "@acme/testing": "workspace:*", "react": "19"},
    "peerDependencies": {"react": ">=18"},
}
ALL = {"lint": "eslint .", "typecheck": "tsc", "test": "vitest run", "build": "vite build"}


def graph_of(uses: dict[str, tuple[str, ...]], linked: tuple[str, ...] = ()) -> Graph:
    """A graph of packages by their names; the root links some."""
    nodes = {SETTINGS_ID: Node(SETTINGS_ID, Kind.SETTINGS, "", uses=tuple(f"package:{n}" for n in linked))}
    for name, used in uses.items():
        ids = (SETTINGS_ID, *(f"package:{other}" for other in used))
        nodes[f"package:{name}"] = Node(f"package:{name}", Kind.PACKAGE, f"packages/{name}", uses=ids)
    return Graph(nodes)


def plan(
    graph: Graph,
    commands: dict[str, dict[str, str]],
    checks: Checks | None = None,
    development: Mapping[str, set[str]] = {},
    unheld: Unheld = NOTHING,
    named: Mapping[str, set[str]] = {},
) -> dict[str, Script]:
    """The scripts by name; `commands`, and what is needed in development alone, or just named, are by package."""
    used = {
        node.path: {other.partition(":")[2] for other in node.uses} for node in graph.of_kind(Kind.PACKAGE)
    }
    by_folder = {
        (folder := f"packages/{name}"): PackageScripts(
            scripts,
            frozenset(development.get(name, ())),
            frozenset(used[folder] - named.get(name, set())),
        )
        for name, scripts in commands.items()
    }
    return {script.name: script for script in plan_scripts(graph, by_folder, checks or Checks(), unheld)}


def building(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Packages that only build."""
    return {name: {"build": "b"} for name in names}


def test_a_package_has_the_scripts_that_its_package_json_has() -> None:
    found = plan(graph_of({"core": ()}), {"core": ALL | {"dev": "vite"}})

    assert list(found) == [f"check:core:{name}" for name in ("build", "lint", "typecheck", "test")]
    assert found["check:core:typecheck"].command == "tsc"
    assert found["check:core:typecheck"].package == "core"


def test_of_several_names_the_first_that_is_there_is_taken() -> None:
    both = {"type-check": "tsc -b", "check-types": "tsc"}

    assert list(plan(graph_of({"core": ()}), {"core": both})) == ["check:core:type-check"]


def test_what_npm_writes_for_a_test_that_is_not_there_is_none() -> None:
    scripts = {"test": 'echo "Error: no test specified" && exit 1', "lint": ""}

    assert plan(graph_of({"core": ()}), {"core": scripts}) == {}


def test_a_build_comes_before_all_of_its_dependents_and_before_what_may_read_it() -> None:
    found = plan(graph_of({"core": (), "web": ("core",)}), {"core": ALL, "web": ALL})

    assert {name: script.after for name, script in found.items()} == {
        "check:core:build": (),
        "check:core:lint": (),
        "check:core:typecheck": ("check:core:build",),
        "check:core:test": ("check:core:build",),
        "check:web:build": ("check:core:build",),
        "check:web:lint": ("check:core:build",),
        "check:web:typecheck": ("check:web:build",),
        "check:web:test": ("check:web:build",),
    }


def test_a_package_that_builds_nothing_hands_on_what_came_before_it() -> None:
    uses = {"core": (), "ui": ("core",), "web": ("ui",)}
    found = plan(graph_of(uses), {"core": {"build": "b"}, "ui": {"lint": "l"}, "web": {"build": "b"}})

    assert found["check:web:build"].after == ("check:core:build",)


def test_what_comes_before_stands_before() -> None:
    uses = {"a-web": ("ui",), "ui": ("z-core",), "z-core": ()}
    names = list(plan(graph_of(uses), building(uses)))

    assert names == ["check:z-core:build", "check:ui:build", "check:a-web:build"]


def test_packages_that_use_one_another_wait_for_what_all_of_them_need() -> None:
    uses = {"core": (), "left": ("right", "core"), "right": ("left",), "web": ("left",)}
    found = plan(graph_of(uses), {**building(uses), "left": {"lint": "l"}})

    assert found["check:right:build"].after == ("check:core:build",)
    assert found["check:left:lint"].after == found["check:web:build"].after == ("check:right:build",)


def test_packages_that_use_one_another_build_in_turn_and_all_else_of_them_waits() -> None:
    """A test of `core` may read what `testing` builds, and what they leave is read by `web`."""
    uses = {"base": (), "core": ("base", "testing"), "testing": ("core",), "web": ("core",)}
    found = plan(graph_of(uses), {**building(uses), "core": ALL, "testing": ALL})
    builds = ("check:core:build", "check:testing:build")

    assert {name: script.after for name, script in found.items()} == {
        "check:base:build": (),
        "check:core:build": ("check:base:build",),
        "check:testing:build": ("check:core:build",),
        "check:core:lint": ("check:testing:build",),
        "check:core:typecheck": builds,
        "check:core:test": builds,
        "check:testing:lint": ("check:core:build",),
        "check:testing:typecheck": builds,
        "check:testing:test": builds,
        "check:web:build": builds,
    }


def test_what_is_needed_in_development_alone_builds_last_in_a_circle() -> None:
    """The tests of `z-core` use `a-testing`, which needs what `z-core` builds."""
    uses = {"a-testing": ("m-more", "z-core"), "m-more": ("a-testing",), "z-core": ("a-testing", "m-more")}
    found = plan(graph_of(uses), building(uses), development={"z-core": {"a-testing", "m-more"}})

    assert {name: script.after for name, script in found.items()} == {
        "check:z-core:build": (),
        "check:a-testing:build": ("check:z-core:build",),
        "check:m-more:build": ("check:z-core:build", "check:a-testing:build"),
    }


@pytest.mark.parametrize(
    "development", [{}, {"a-app": {"z-core"}}], ids=["as it runs", "in development alone"]
)
def test_what_a_script_just_names_turns_no_order_round(development: Mapping[str, set[str]]) -> None:
    """`node ../a-app/e2e.mjs` in a test of `z-core`, which `a-app` needs."""
    uses: dict[str, tuple[str, ...]] = {"a-app": ("z-core",), "z-core": ("a-app",)}
    found = plan(graph_of(uses), building(uses), development=development, named={"z-core": {"a-app"}})

    assert [*found] == ["check:z-core:build", "check:a-app:build"]


def test_a_circle_that_builds_nothing_hands_on_what_came_before_it() -> None:
    uses = {"core": (), "left": ("right", "core"), "right": ("left",), "web": ("left",)}
    found = plan(graph_of(uses), {**building(("core", "web")), "left": {"test": "t"}})

    assert found["check:left:test"].after == found["check:web:build"].after == ("check:core:build",)


def test_what_the_root_links_comes_before_all_that_it_does_not_need_itself() -> None:
    """Every package finds it in the root's node_modules; what it needs keeps its order."""
    uses = {"base": (), "config": ("base",), "web": ()}
    found = plan(graph_of(uses, linked=("config",)), building(uses))

    assert {name: script.after for name, script in found.items()} == {
        "check:base:build": (),
        "check:config:build": ("check:base:build",),
        "check:web:build": ("check:config:build",),
    }


def test_what_no_snapshot_holds_is_told_to_all_that_use_the_package_whose_links_lead_there() -> None:
    uses = {"core": (), "ui": ("core",), "web": ("ui",), "docs": ()}
    graph = graph_of(uses)
    graph.territory = Territory(unseen={"packages/core": ("../proto",), "packages/web": ("/etc/acme",)})
    unheld = unheld_places(graph, ["packages/ui/clone/", "packages/ui/new.ts"], ".")
    found = plan(graph, building(uses), unheld=unheld)

    assert {name: script.outside for name, script in found.items()} == {
        "check:core:build": ("../proto",),
        "check:ui:build": ("../proto", "packages/ui/clone"),
        "check:web:build": ("../proto", "/etc/acme", "packages/ui/clone"),
        "check:docs:build": (),
    }


@pytest.mark.parametrize(("named", "scripts"), [(False, []), (True, ["check:.:lint"])])
def test_the_root_is_checked_only_where_the_manifest_names_it(named: bool, scripts: list[str]) -> None:
    """Its scripts mostly run those of all packages."""
    graph = Graph({"package:.": Node("package:.", Kind.PACKAGE, ".")})
    checks = Checks(packages={".": PackageCheck(scripts=("lint",))} if named else {})

    assert [script.name for script in plan_scripts(graph, {".": PackageScripts(ALL)}, checks)] == scripts


def test_a_package_may_say_otherwise() -> None:
    own = PackageCheck(scripts=("build",), env=("API",), outputs={"build": ("public",)})
    checks = Checks(outputs={"test": ("coverage",)}, packages={"web": own})
    found = plan(graph_of({"core": (), "web": ()}), {"core": ALL, "web": ALL}, checks)

    assert [name for name in found if ":web:" in name] == ["check:web:build"]
    assert found["check:web:build"].outputs == ("public",)
    assert found["check:web:build"].env == ("API", "NODE_ENV")
    assert found["check:core:test"].outputs == ("coverage",)
    assert "dist" in found["check:core:build"].outputs
    assert found["check:core:lint"].outputs == ()


def test_a_peer_is_needed_for_more_than_development() -> None:
    assert development_of(DEPENDING) == {"vitest", "@acme/testing"}
    assert development_of({}) == set()
