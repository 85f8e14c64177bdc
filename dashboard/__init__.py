"""The program around feedly_core: server, commands and demo."""
