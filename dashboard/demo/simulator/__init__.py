"""The pipeline simulator: JS, YE and YH played on a marked demo database."""

from __future__ import annotations

from dashboard.demo.simulator.simulation import Simulator, SimulatorState

__all__ = ["Simulator", "SimulatorState"]
