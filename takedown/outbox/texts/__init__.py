"""Letters' texts that this hotline wrote or read itself: copies of templates, and sign-offs."""
