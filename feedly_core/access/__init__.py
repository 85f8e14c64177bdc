"""Programs that ask over HTTP: their tokens, and the plans that a person confirms for them."""
