"""Settings of a new study, proposed from its exports."""
