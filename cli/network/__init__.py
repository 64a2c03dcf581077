"""A network as text: its table, its arithmetic, its plan, its gradients."""
