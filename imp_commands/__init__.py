"""The command line: what make calls, and the one place that imports all packages."""
