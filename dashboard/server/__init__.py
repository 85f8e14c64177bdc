"""The web server beside the pages: start-up, live socket, pictures."""
