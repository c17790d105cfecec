"""What goes in and comes out; times are ISO 8601 in UTC, `null` where not known."""
