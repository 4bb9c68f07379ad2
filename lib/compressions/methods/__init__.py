"""The paper's three methods: quantization-aware training, distillation, magnitude pruning. Imports torch alone."""
