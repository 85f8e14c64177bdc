"""Answers as JSON documents, for the terminal's ``--json`` and for programs over HTTP."""
