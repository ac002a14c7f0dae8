"""``consortia discover``: in which worlds of a finished sweep a regime fails, or two change places."""

from __future__ import annotations

from experiments.discover.job import Discovery, discover

__all__ = ["Discovery", "discover"]
