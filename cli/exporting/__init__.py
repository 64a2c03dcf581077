"""`netc export`: one file for each format."""
