"""Models by name: integer versions of trainings, and the champion among them."""
