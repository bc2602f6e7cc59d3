"""State that outlives a run: one transaction per step, every statement safe to repeat."""
