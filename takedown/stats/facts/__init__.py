"""Facts: what the figures are made of, as Parquet files without any location."""

from takedown.stats.facts.reading import Facts, NoFacts, open_facts
from takedown.stats.facts.writing import Written, refresh

__all__ = ["Facts", "NoFacts", "Written", "open_facts", "refresh"]
