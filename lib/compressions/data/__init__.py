"""Tasks and their rows: GLUE, custom CSV tasks, augmentation, tokenized rows."""
