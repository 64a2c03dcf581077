"""From the network's graph to a plan."""
