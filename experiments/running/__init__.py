"""Doing the runs of a plan and keeping them: what is to be run, by whom, and where it is stored."""

LOCAL, DASK = "local", "dask"  # ways of running: processes of this machine, a Dask cluster
EXECUTORS = (LOCAL, DASK)
