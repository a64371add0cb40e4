"""The scripts behind every figure that README states."""
