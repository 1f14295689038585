"""What runs of tasks leave behind: records, reports kept as files, traces; and the screens that show a run."""
