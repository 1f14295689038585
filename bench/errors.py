"""What ends a measurement."""


class BenchError(Exception):
    """A measurement that cannot go on, said in one message."""
