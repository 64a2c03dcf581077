"""The native engine: plans as C, compiled once, on threads that stay in C."""
