"""Fits parameters of the world to behaviours of a real programme's networks (ABC-SMC).

What is fitted is a set of values for which the model gives the targets, as far as it can; it is no
measurement of these parameters in the world.
"""
