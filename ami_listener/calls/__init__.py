"""What else belongs to a call than its carrier leg: who joins it, who listens in, which keys are pressed."""
