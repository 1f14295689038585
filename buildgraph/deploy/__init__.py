"""The room that deploys to an engine: services switched, tested, released, gone back from; it prints nothing."""

from buildgraph.deploy.builds import built_as, is_as_released, kept_builds, moved_tags, release_of
from buildgraph.deploy.checkups import Checkup
from buildgraph.deploy.on_engine import EnginePlatform
from buildgraph.deploy.platform import ABSENT, HEALTHY, Platform, Running, versions_of
from buildgraph.deploy.pruning import Verdict, ended_colours, judge_images, remove_image
from buildgraph.deploy.releases import (
    Release,
    ReleasedService,
    choose_release,
    find_running,
    released,
)
from buildgraph.deploy.releasing import Shipment
from buildgraph.deploy.retiring import prune_colours
from buildgraph.deploy.rollback import (
    refuse_breaking,
    refuse_missing_images,
    released_scene,
    released_target,
    released_targets,
)

__all__ = [
    "ABSENT",
    "HEALTHY",
    "Checkup",
    "EnginePlatform",
    "Platform",
    "Release",
    "ReleasedService",
    "Running",
    "Shipment",
    "Verdict",
    "built_as",
    "choose_release",
    "ended_colours",
    "find_running",
    "is_as_released",
    "judge_images",
    "kept_builds",
    "moved_tags",
    "prune_colours",
    "refuse_breaking",
    "refuse_missing_images",
    "release_of",
    "released",
    "released_scene",
    "released_target",
    "released_targets",
    "remove_image",
    "versions_of",
]
