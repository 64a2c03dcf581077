"""From a plan to C: a function for each distinct instruction, and one for each stretch of them."""
