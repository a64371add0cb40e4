"""What the product does; nothing in here knows of flask or sockets."""
