"""A plan comes in; its arrays and bound calls, in one process or several, go out."""
