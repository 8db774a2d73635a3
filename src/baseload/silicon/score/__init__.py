"""Predictions against measurements: files read, rows predicted or left out with a reason, errors added up."""
