"""Names of the files that describe a stored model."""

META = "model.json"
