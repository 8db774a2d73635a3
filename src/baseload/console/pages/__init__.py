"""One file per page: read what the gateway says, put it in a template."""
