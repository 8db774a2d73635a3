"""Properties are about what is true, not how fast this machine is today."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
