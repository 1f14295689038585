"""Adopting a workspace: what its projects are, told from values to values; it reads no disk and writes none."""
