"""Invented notes and drawn photos for demonstration, tests and benchmarks. Everything here is our own writing."""
