"""The room that changes a Kubernetes cluster: commands of kubectl, and what their answers mean; it prints nothing."""

from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.kubectl import Kubectl
from buildgraph.kubernetes.on_kubernetes import KubernetesPlatform

__all__ = ["Cluster", "Kubectl", "KubernetesPlatform"]
