"""Pure forecasting library: arrays in, arrays and models out; no database, no job, no web."""
