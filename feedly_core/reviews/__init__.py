"""Looking, judging, deciding: verdicts, winners, meetings and their minutes."""
