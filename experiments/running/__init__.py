"""Doing the runs of a plan and keeping them: what is to be run, by whom, and where it is stored."""
