"""Quantization, distillation and pruning of BERT on GLUE, in every combination."""

import warnings

# Libraries that this one imports ask tqdm for a widget; every chapter would show its complaint that there is none.
warnings.filterwarnings("ignore", message="IProgress not found")
