"""What the commands that look at data and trained networks print."""
