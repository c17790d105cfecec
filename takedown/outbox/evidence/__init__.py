"""Evidence for a provider that disputes receipt: built for one answer, chained, stored nowhere."""
