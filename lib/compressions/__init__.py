"""Combining compressions of BERT."""
