"""What trainings compute on: detection, one device per worker process, and who is at work where."""
