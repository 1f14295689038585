"""The room that deploys to an engine: services switched, tested, released, gone back from; it prints nothing."""

from buildgraph.deploy.builds import built_as, is_as_released, kept_builds, release_of
from buildgraph.deploy.checkups import Checkup
from buildgraph.deploy.down import stop_environment
from buildgraph.deploy.live import Live, LiveService, read_live
from buildgraph.deploy.logs import read_logs
from buildgraph.deploy.on_engine import EnginePlatform
from buildgraph.deploy.pending import departed_services, pending_targets
from buildgraph.deploy.platform import ABSENT, Platform, Running, versions_of
from buildgraph.deploy.pruning import Verdict, ended_colours, judge_images, remove_image
from buildgraph.deploy.releases import (
    Release,
    ReleasedService,
    Source,
    choose_release,
    find_running,
    is_running,
    read_history,
    read_releases,
    record_release,
    released,
)
from buildgraph.deploy.releasing import Shipment, release_product
from buildgraph.deploy.retiring import prune_colours
from buildgraph.deploy.rollback import (
    refuse_breaking,
    refuse_missing_images,
    released_scene,
    released_target,
    released_targets,
)
from buildgraph.deploy.rollout import deploy_product
from buildgraph.deploy.smoke import run_smoke
from buildgraph.deploy.verified import forget_verified, is_verified, record_verified

__all__ = [
    "ABSENT",
    "Checkup",
    "EnginePlatform",
    "Live",
    "LiveService",
    "Platform",
    "Release",
    "ReleasedService",
    "Running",
    "Shipment",
    "Source",
    "Verdict",
    "built_as",
    "choose_release",
    "departed_services",
    "deploy_product",
    "ended_colours",
    "find_running",
    "forget_verified",
    "is_as_released",
    "is_running",
    "is_verified",
    "judge_images",
    "kept_builds",
    "pending_targets",
    "prune_colours",
    "read_history",
    "read_live",
    "read_logs",
    "read_releases",
    "record_release",
    "record_verified",
    "refuse_breaking",
    "refuse_missing_images",
    "release_of",
    "release_product",
    "released",
    "released_scene",
    "released_target",
    "released_targets",
    "remove_image",
    "run_smoke",
    "stop_environment",
    "versions_of",
]
