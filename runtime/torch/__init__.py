"""Networks as modules of PyTorch, made of the source that `compiler/torch/` writes."""
