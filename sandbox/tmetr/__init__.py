"""Stand-in for Tmetr, the machines' telemetry service, with a virtual coffee machine behind it."""
