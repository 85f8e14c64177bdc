"""Failure groups: what is broken, what people say of it, and its steps run again together."""
