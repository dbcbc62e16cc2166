"""Forecasts of the twin of pregnancy against what happened to women."""
