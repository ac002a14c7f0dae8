"""Sweeps: designs over parameters, levers and populations, their runs, and what came of them."""
