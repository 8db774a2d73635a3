"""Pages: what the cloud does now, what it costs, who may use it. A process of its own that draws what the gateway says.

`python -m baseload.console --data DIR --port N` serves them; `ticket` makes the one-time link `baseload up` prints.
"""

from baseload.console.tickets import ticket

__all__ = ["ticket"]
