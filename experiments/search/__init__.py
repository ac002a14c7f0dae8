"""``consortia search``: mixes of levers that are best on several goals, or each regime at its best on one."""
