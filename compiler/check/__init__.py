"""What must fit together across statements (contracts), and what is allowed but probably
unintended (lints)."""
