"""``consortia verify``: does this program do here, on this machine, what it promises?

A check does something, looks at what came of it, and tells it in a table. To add one, write it in
a file of its own and put it into :data:`experiments.verification.checks.CHECKS`.
"""
