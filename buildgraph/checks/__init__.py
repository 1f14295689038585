"""Checks: the scripts of packages, when they are fresh, and where their results are kept and brought back from."""
