"""Alias of the console script: ``python -m feedly_core`` runs ``feedlyai``."""

from dashboard.cli.app import main

main()
