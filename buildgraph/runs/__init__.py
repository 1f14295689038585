"""What runs of tasks leave behind: records, reports kept as files, traces, and how they are shown."""
