"""Training: one step, the loop around it, and what is measured."""
