"""What comes back by mail: kept, matched to what we sent, and what follows from it."""
