"""Alias of the console script: ``python -m feedly_core`` runs ``feedlyai``."""

from dashboard.cli.entry import main

main()
