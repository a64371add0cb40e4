"""HTTP and sockets in, service calls out."""
