"""From a syntax tree to a model, a graph and a plan."""
