"""The door and the wiring."""
