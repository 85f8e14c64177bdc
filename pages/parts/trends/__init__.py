"""The trends page: what is asked, the charts, two sides beside each other."""
