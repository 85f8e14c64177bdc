"""Pictures across jobs: filters in the address, cards, comparing, taking them along."""
