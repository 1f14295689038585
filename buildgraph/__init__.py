"""buildgraph takes a monorepo's change to running, verified containers, doing only what the change affects."""

__version__ = "0.1.0"
