"""The forecast workload and the small jobs around it: names and config schemas, nothing heavy."""
