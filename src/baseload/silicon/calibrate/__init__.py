"""Constants of engines on chips, learned from measured rows with priors that keep few rows from saying too much."""
