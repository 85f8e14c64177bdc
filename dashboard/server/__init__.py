"""What the server does beside pages: start-up, shutdown, live socket, pictures."""
