"""Networks from files of other tools, and the specs that a person would write of them."""
