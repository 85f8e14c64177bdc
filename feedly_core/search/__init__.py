"""Find anything: jobs, comments, meetings, campaigns, tenants, and places of the program."""
