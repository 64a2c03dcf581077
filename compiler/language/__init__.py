"""What options are: their kinds, their values, and how a call is bound to them."""
