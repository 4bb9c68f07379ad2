"""A model to take away: packed files and packages that run without torch."""
