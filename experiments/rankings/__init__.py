"""``consortia rankings``: in what share of possible worlds the ranking of each pair of regimes holds."""
