"""From a plan to C text: one function for each distinct instruction, and one for each stretch of them."""
