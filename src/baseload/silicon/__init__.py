"""How fast, how hot, how dear: any model on any chip, bought or designed."""

from baseload.silicon.predict import Grid, Prediction, grid, predict
from baseload.silicon.setup import Setup, setup_of

__all__ = ["Grid", "Prediction", "Setup", "grid", "predict", "setup_of"]
