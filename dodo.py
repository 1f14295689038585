"""`doit` in this folder is `buildgraph`: the same tasks, verbs, output and exit codes."""

from buildgraph.dodo import hand_over, is_doit

if is_doit():
    hand_over()
