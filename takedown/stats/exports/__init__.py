"""Figures as files: one neutral document, written as XLSX, CSV, JSON, Parquet, HTML and PDF."""
