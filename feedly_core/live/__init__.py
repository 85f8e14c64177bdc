"""Jobs in flight: event hub, board, job view, timelines, estimates."""
