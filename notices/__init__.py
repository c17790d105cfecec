"""What we say and how it leaves the building; `facts.Facts` is the only way in."""
