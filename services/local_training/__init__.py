"""The parts behind services/local_training_environment.py, the Python face of the job engine."""
