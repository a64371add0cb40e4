"""What the product does; wiring.py puts it together, so that importing one part loads no other."""
