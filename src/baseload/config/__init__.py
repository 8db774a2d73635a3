"""The description: one `baseload.toml` read into frozen values, with every fault and every origin named."""

from baseload.config.cloud import Cloud
from baseload.config.frozen import from_json, to_json
from baseload.config.overrides import variable
from baseload.config.read import Description, built_in, find, read, read_text
from baseload.config.settings import Origin

__all__ = [
    "Cloud",
    "Description",
    "Origin",
    "built_in",
    "find",
    "from_json",
    "read",
    "read_text",
    "to_json",
    "variable",
]
