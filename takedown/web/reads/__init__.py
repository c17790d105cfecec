"""What pages read: one question a page, answers as plain values."""
