"""Named arrays to and from disk."""
