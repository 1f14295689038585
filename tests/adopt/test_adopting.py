"""A workspace adopted as a whole: names, products, ports, and what is left open."""

from __future__ import annotations

from typing import Any

import pytest

from buildgraph.adopt.adopting import Taken
from buildgraph.adopt.names import name_of, service_names, workspace_name
from tests.adopt.village import Files, adopted, services


def server(name: str = "", port: int = 0) -> dict[str, Any]:
    script = f"node dist/index.js --port {port}" if port else "node dist/index.js"
    return {"name": name, "dependencies": {"express": "4"}, "scripts": {"start": script}}


def test_services_are_named_after_their_packages_and_ship_together() -> None:
    found = services(
        {"apps/api/package.json": server("@acme/backend"), "apps/web/package.json": server("@acme/web")}
    )

    assert {service.name: service.product for service in found.values()} == {"backend": "acme", "web": "acme"}


def test_a_folder_that_gathers_a_product_s_apps_is_the_product() -> None:
    found = services(
        {
            "apps/chat/apps/backend/package.json": server("@chat/backend"),
            "apps/todo/apps/backend/package.json": server("@todo/backend"),
            "services/auth/package.json": server("auth"),
        }
    )

    assert {service.name: service.product for service in found.values()} == {
        "chat-backend": "chat",
        "todo-backend": "todo",
        "auth": "acme",
    }


def test_no_two_services_bear_one_name_and_none_that_of_another_product() -> None:
    packages = {
        "apps/chat/web": "",
        "apps/chat": "",
        "services/a/x": "@q/x",
        "services/b/x": "@r/x",
        "apps/x": "x",
    }

    names = service_names(packages, "acme", {"x"})
    assert len(set(names.values())) == len(packages)
    assert "x" not in names.values()
    assert names["apps/chat"] != "chat"


def test_names_are_such_as_hosts_and_images_may_bear() -> None:
    written = ("@Acme/Web App", "über_uns", "a" * 80, "--")
    assert [name_of(text) for text in written] == ["acme-web-app", "ber-uns", "a" * 63, ""]

    names = [workspace_name(package, "my shop") for package in ("@acme/store", "root", "")]
    assert names == ["store", "my-shop", "my-shop"]


def test_every_service_gets_a_port_of_its_own_the_one_it_names_where_it_is_free() -> None:
    files: Files = {
        "apps/a/package.json": server("a", 3001),
        "apps/b/package.json": server("b", 3001),
        "apps/c/package.json": server("c"),
        "apps/b/src/index.ts": "app.get('/health'); app.listen(3001)",
        **{f"apps/{name}/src/index.ts": "app.get('/health'); serve()" for name in "ac"},
    }

    found = services(files)
    assert [(found[name].port, found[name].listens) for name in "abc"] == [(3001, 0), (3002, 3001), (3003, 0)]


def test_what_manifests_declare_is_not_told_again_and_its_names_and_ports_are_taken() -> None:
    files: Files = {
        "apps/a/package.json": server("shop"),
        "apps/b/package.json": server("b", 3001),
        "apps/b/src/index.ts": "app.get('/health'); serve()",
        "apps/c/package.json": server("c"),
    }

    (first, second) = adopted(
        files, Taken(frozenset({"shop"}), frozenset({"apps/c"}), frozenset({3001}))
    ).services
    assert (first.name, first.path) == ("a", "apps/a")
    assert (second.name, second.port) == ("b", 3002)


def test_a_worker_is_built_and_not_deployed_until_somebody_says_how_it_is_asked() -> None:
    found = adopted(
        {"apps/mailer/package.json": server("mailer"), "apps/mailer/src/index.ts": "new Worker()"}
    )

    assert [(service.kind, service.port, service.deployed) for service in found.services] == [
        ("node", 0, False)
    ]
    assert "no server was found in it" in [each.what for each in found.left_open]


def test_a_command_that_is_no_server_is_left_open_and_a_server_with_one_is_none() -> None:
    tool = server("tool") | {"bin": "dist/cli.js"}
    files: Files = {"tools/a/package.json": tool, "tools/a/src/cli.ts": "program.parse()"}
    served = {"tools/a/src/index.ts": "app.get('/health'); app.listen(4000)"}

    assert not adopted(files).services
    assert [each.what for each in adopted(files).left_open if each.where == "tools/a"] == [
        "offers a command (`bin`), and no server was found in it"
    ]
    assert [service.deployed for service in adopted({**files, **served}).services] == [True]


def test_an_ignore_file_that_no_image_reads_is_told() -> None:
    files: Files = {"apps/api/package.json": server("api"), ".dockerignore": "*.md\n"}
    own: Files = {"apps/api/Dockerfile": "FROM a\nCOPY . .\n"}

    told = {each.where: each for each in adopted(files).left_open}

    assert "ignored = " in told[".dockerignore"].way_out
    assert ".dockerignore" not in {each.where for each in adopted({**files, **own}).left_open}


def test_a_health_route_that_nobody_finds_is_left_open() -> None:
    found = adopted({"apps/api/package.json": server("api"), "apps/api/src/index.ts": "app.listen(4000)"})

    assert [service.health for service in found.services] == [""]
    assert "no route tells its health; /health is asked" in [each.what for each in found.left_open]


def test_a_server_of_node_alone_is_told_also_where_it_is_the_only_project_and_a_root_with_others_is_not() -> (
    None
):
    bare = {"scripts": {"start": "node server.js"}}

    alone, among = (
        adopted({"package.json": bare}),
        adopted({"package.json": bare, "apps/api/package.json": bare}),
    )
    assert [each.where for each in alone.left_open if "no framework" in each.what] == ["."]
    assert [each.where for each in among.left_open if "no framework" in each.what] == ["apps/api"]


def test_examples_and_tests_are_left_out_and_told() -> None:
    found = adopted({"examples/a/package.json": server("a"), "e2e/server/package.json": server("b")})

    assert found.services == ()
    assert [(each.where, each.what) for each in found.left_open] == [
        ("e2e/server and 1 more", "left out: an example or a test")
    ]


def test_an_app_s_updates_are_served_without_a_server_of_its_own() -> None:
    package = {"name": "app", "dependencies": {"expo": "54"}, "scripts": {"start": "expo start"}}
    found = adopted({"apps/app/package.json": package, "apps/app/app.json": "{}", "pnpm-lock.yaml": ""})

    assert [(service.kind, service.deployed) for service in found.services] == [("expo", True)]
    assert found.left_open == ()


def test_a_service_in_the_root_is_told_and_a_root_that_only_gathers_is_not() -> None:
    found = adopted({"package.json": server("shop"), "pnpm-lock.yaml": ""})
    assert (found.services, [(each.where, each.what) for each in found.left_open]) == (
        (),
        [(".", "a service (Node) in the workspace's root, where no template builds one")],
    )

    gathers = {"devDependencies": {"turbo": "2", "vite": "6"}, "scripts": {"start": "turbo run start"}}
    assert adopted({"package.json": gathers, "pnpm-lock.yaml": ""}).left_open == ()


def test_a_lockfile_that_is_missing_is_told_where_a_template_needs_it() -> None:
    api: Files = {
        "apps/api/package.json": server("api"),
        "apps/api/src/index.ts": "app.get('/health'); serve()",
    }

    assert [each.where for each in adopted(api).left_open] == ["pnpm-lock.yaml"]
    assert adopted({**api, "pnpm-lock.yaml": ""}).left_open == ()
    assert adopted({**api, "apps/api/Dockerfile": "FROM a\nEXPOSE 80\n"}).left_open == ()


def test_what_has_the_same_way_out_is_told_together() -> None:
    """Two images that copy everything are one line to read, whatever else is said of the first."""
    whole = "FROM a\nCOPY . .\nRUN pnpm install\n"
    files = {f"apps/{name}/Dockerfile": whole for name in ("api", "web")}
    packages = {f"apps/{name}/package.json": "{}" for name in ("api", "web")}

    found = adopted({"package.json": "{}", "pnpm-lock.yaml": "", **packages, **files, "apps/web/x": ""})

    assert [(each.where, each.what[:7]) for each in found.left_open] == [
        ("apps/api/Dockerfile", "it copi"),
        ("apps/web/Dockerfile", "it copi"),
        ("apps/api/Dockerfile", "nothing"),
        ("apps/web/Dockerfile", "nothing"),
    ]


def test_what_a_tsconfig_takes_in_and_no_package_json_leads_to_is_left_open() -> None:
    """An image would lack it, and its build would fail without saying why."""
    page = {"scripts": {"build": "vite build"}, "devDependencies": {"vite": "5", "@acme/ui": "workspace:*"}}
    paths = {"@bus/*": ["../bus/src/*"], "@ui/*": ["../ui/*"], "@core": ["../core"], "@": ["./src"]}
    files: Files = {
        "package.json": "{}",
        "pnpm-lock.yaml": "",
        "apps/web/package.json": page,
        "apps/web/index.html": "",
        "apps/web/tsconfig.json": {"compilerOptions": {"paths": paths}},
        "apps/bus/package.json": {"name": "@acme/bus"},
        "apps/ui/package.json": {"name": "@acme/ui", "dependencies": {"@acme/core": "workspace:*"}},
        "apps/core/package.json": {"name": "@acme/core"},
    }

    assert [(each.where, each.what) for each in adopted(files).left_open] == [
        (
            "apps/web",
            "its tsconfig.json takes in apps/bus, which no package.json leads to: an image lacks it",
        ),
    ]


SITE: dict[str, Any] = {"name": "@acme/site", "scripts": {"build": "node build.js"}}


def test_what_is_built_for_nobody_here_and_fits_no_kind_is_left_open_with_a_way_on() -> None:
    found = adopted({"apps/site/package.json": SITE})

    assert found.services == ()
    (left,) = found.left_open
    assert (left.where, left.what) == ("apps/site", "its `build` script makes something, and no kind fits it")
    assert 'kind = "spa"' in left.way_out and "Dockerfile" in left.way_out


@pytest.mark.parametrize(
    "files",
    [
        {"apps/site/package.json": SITE, "apps/web/package.json": {"devDependencies": {"@acme/site": "*"}}},
        {"apps/site/package.json": SITE | {"exports": "./dist/index.js"}},
        {"apps/site/package.json": SITE | {"bin": "dist/cli.js"}},
        {"examples/site/package.json": SITE},
        {"package.json": SITE},
        {"apps/site/package.json": SITE | {"scripts": {"test": "node test.js"}}},
    ],
    ids=["used", "a library", "a program", "an example", "the root", "not built"],
)
def test_what_somebody_may_import_or_nobody_ships_is_passed_over_in_silence(files: Files) -> None:
    assert adopted(files).left_open == ()


def test_what_is_declared_already_is_left_open_no_more() -> None:
    assert adopted({"apps/site/package.json": SITE}, Taken(folders=frozenset({"apps/site"}))).left_open == ()
