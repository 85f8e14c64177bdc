"""Version of the package, read by the build, the pages and the commands."""

__version__ = "0.2.0"
