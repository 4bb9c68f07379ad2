"""From records to findings: scores with intervals, reductions, synergy."""
