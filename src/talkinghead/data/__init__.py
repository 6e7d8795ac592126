"""Corpora on disk -> tracked clips -> batches."""
