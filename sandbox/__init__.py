"""Everything that stands in for the outside world on one machine."""
