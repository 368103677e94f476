"""Stands in for T-Bank acquiring: API v2, checkout page, notifications, failures on demand."""
