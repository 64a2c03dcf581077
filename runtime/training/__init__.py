"""A checked model and its data come in; events, trained weights and a report go out."""
