"""The fault run: real processes, faults of every kind, kills; then quiet, and a judgement of every payment."""
