"""Joules: read from sensors, shared out to the attempts that caused them, so that the parts add up to the meter."""

from baseload.energy.meter import Meter, Window
from baseload.energy.prorate import Prorate
from baseload.energy.sensors import Reading, Sensor, pick
from baseload.energy.share import Share, Shares, Weights, Work, apportion, share

__all__ = [
    "Meter",
    "Prorate",
    "Reading",
    "Sensor",
    "Share",
    "Shares",
    "Weights",
    "Window",
    "Work",
    "apportion",
    "pick",
    "share",
]
