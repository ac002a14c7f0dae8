"""Published model results, run again through the model's own landscape, search, luck and ties.

A replication is a file of ``configs/replication``. The strongest check of shared mechanisms is that
they give, in the settings of small published models, what these gave (docs/model/replications.md).
"""

from experiments.replications.page import told
from experiments.replications.run import OPTIONS, load_order, measure, replicate

__all__ = ["OPTIONS", "load_order", "measure", "replicate", "told"]
