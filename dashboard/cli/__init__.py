"""Commands of the terminal program, one file per command group."""
