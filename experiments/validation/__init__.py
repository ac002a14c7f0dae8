"""Whether networks of projects that the model forms look like those of a real programme.

One set of measures (``measures``) is taken of three networks: those of the model, those of a real
programme (``reader``), and the latter with its organisations put into other places (``network``).
It certifies the formation of networks and nothing else: no breakthrough is compared.
"""
