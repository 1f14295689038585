"""The keys of a Kubernetes cluster that runs an environment's services, and of a service that grows by itself there."""

from __future__ import annotations

import re
from typing import Final

from buildgraph.manifests.model import Autoscale, Kubernetes
from buildgraph.manifests.reading import Needed, Refused, any_text, integer, mapped, table, text

# A name that kubectl never takes for an option; clouds put colons, slashes and at signs into theirs.
CONTEXT: Final = text(
    pattern=r"[A-Za-z0-9_][A-Za-z0-9_.:/@-]*",
    says="the name of a context",
    way_out="`kubectl config get-contexts` lists them",
)
# Kubernetes: "Annotations", Syntax and character set; a prefix is a DNS subdomain.
ANNOTATION: Final = re.compile(
    r"((?=[^/]{1,253}/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?"
    r"[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?",
    re.IGNORECASE | re.ASCII,
)
OBJECT: Final = text(
    pattern=r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?",
    says="the name of an object of Kubernetes",
    way_out="use a to z, 0 to 9 and inner hyphens, 63 at most",
)


def check_annotation(name: str) -> None:
    """Refuse what Kubernetes takes for no annotation."""
    if not ANNOTATION.fullmatch(name):
        way_out = 'write for example "nginx.ingress.kubernetes.io/proxy-body-size"'
        raise Refused("cannot be the name of an annotation", way_out)


KUBERNETES: Final = table(
    Kubernetes,
    {
        "context": Needed(CONTEXT, ""),
        "namespace": Needed(OBJECT, ""),
        "ingress_class": OBJECT,
        "issuer": OBJECT,
        "pull_secret": OBJECT,
        "annotations": mapped(any_text(), key=check_annotation),
    },
)
AUTOSCALE: Final = table(Autoscale, {"most": Needed(integer(2, 1000), 2), "cpu": integer(1, 100)})
