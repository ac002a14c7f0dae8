"""How fast the model is, measured so that anybody can do it again; see ``docs/benchmarks.md``."""
