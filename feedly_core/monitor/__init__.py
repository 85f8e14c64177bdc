"""The read side of what moves: event hub, board, timeline."""
