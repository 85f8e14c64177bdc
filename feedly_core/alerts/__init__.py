"""Alerts: rules over what is known, and the messages that leave the dashboard."""
