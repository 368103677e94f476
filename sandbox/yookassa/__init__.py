"""Stands in for YooKassa: API v3, checkout page, notifications, and every failure on demand."""
