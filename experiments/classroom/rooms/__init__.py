"""Rooms: students take seats in one run of the model, and the model plays whoever does not decide.

Decision record: ``0031-rooms``.
"""
