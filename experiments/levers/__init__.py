"""``consortia levers``: the census of levers, every lever at every level in paired runs."""
