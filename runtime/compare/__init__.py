"""The same network in other libraries, and how long each takes for it."""
