"""When notices may leave: calendars, rates, and how long a contact's notices gather."""
