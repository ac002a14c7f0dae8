"""``consortia why A B``: the difference between two regimes taken apart, lever by lever."""
