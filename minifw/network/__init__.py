"""The network: a tree of layers over three vectors, and what keeps them together."""
