"""The room that changes an engine: traffic, releases of services, backing services; it prints nothing."""
