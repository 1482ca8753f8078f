"""Tables, text and scored data as files for other programs."""
