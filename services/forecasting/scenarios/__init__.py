"""Load as a distribution where the weather is unknown: a regression, and the weather of past years."""

from services.forecasting.scenarios.model import ScenarioConfig, TemperatureScenarioModel

__all__ = ["ScenarioConfig", "TemperatureScenarioModel"]
