"""A network as an ONNX graph: nodes, and how each stored tensor is made of the weights."""
