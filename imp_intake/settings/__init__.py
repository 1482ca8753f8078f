"""The settings of a study and its scoring keys, checked."""
