"""Names of engines."""


def family_of(engine: str) -> str:
    """The first word of an engine's name, in lower case; empty for none."""
    words = engine.split()
    return words[0].lower().strip(",:;") if words else ""
