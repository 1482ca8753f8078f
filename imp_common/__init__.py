"""What all packages share: problems, number formats, folders, the register of statistics."""
