"""What looks at a network."""
