"""The read side of what moves: the event hub, the board, one job's view, timelines and estimates."""
