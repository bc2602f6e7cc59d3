"""The order in which the rooms are walked through. It alone knows all of them."""
