"""Engines and the processes they live in: started, watched, found, talked to, and stopped without a trace."""
