"""The parts of the live monitor page."""
