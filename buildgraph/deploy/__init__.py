"""The room that changes an engine: traffic, releases of services, backing services; it prints nothing."""

from buildgraph.deploy.down import stop_environment
from buildgraph.deploy.live import Live, LiveService, read_live
from buildgraph.deploy.logs import read_logs
from buildgraph.deploy.model import Place, Reason, Rollout, SmokeResult, Target
from buildgraph.deploy.pending import departed_services, pending_targets
from buildgraph.deploy.rollout import deploy_product
from buildgraph.deploy.secrets import Secrets, read_secrets
from buildgraph.deploy.smoke import run_smoke
from buildgraph.deploy.verified import forget_verified, is_verified, record_verified

__all__ = [
    "Live",
    "LiveService",
    "Place",
    "Reason",
    "Rollout",
    "Secrets",
    "SmokeResult",
    "Target",
    "departed_services",
    "deploy_product",
    "forget_verified",
    "is_verified",
    "pending_targets",
    "read_live",
    "read_logs",
    "read_secrets",
    "record_verified",
    "run_smoke",
    "stop_environment",
]
