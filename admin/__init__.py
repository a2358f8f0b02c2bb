"""What the office sees."""
