"""What people did: lines of the audit log, read, explained and handed out."""
