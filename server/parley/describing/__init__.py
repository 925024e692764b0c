"""How much of what a version holds: counted once for each version, brought forward by commits."""

from parley.describing.keeping import Descriptions
from parley.describing.statistics import Statistics

__all__ = ["Descriptions", "Statistics"]
