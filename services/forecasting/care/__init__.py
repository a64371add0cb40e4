"""What looks wrong in a series, and the recipe of steps that mends it; imports nothing heavy by itself."""
