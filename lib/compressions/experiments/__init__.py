"""What an experiment is, how it runs, the record it leaves, and grids of experiments."""
