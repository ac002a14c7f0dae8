"""Policy levers: one file per family, one registry."""
