"""One trainer for any subset of the methods, its callbacks, and the tasks' metrics."""
