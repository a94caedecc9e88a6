"""A network to and from disk."""
