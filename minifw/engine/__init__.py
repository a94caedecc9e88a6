"""The engine: memory and speed, so that layers and losses hold formulas."""
