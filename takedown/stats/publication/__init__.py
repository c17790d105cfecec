"""Publications: frozen figures under one digest, their public edition, errata, and who signs."""
