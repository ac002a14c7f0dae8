"""Runs whose number is decided while they are made: to a precision, or until the best is known."""
