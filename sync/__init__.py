"""The language and law of sync: pure data and pure functions. No await, no clock, no network, no database."""
