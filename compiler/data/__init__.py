"""The data sources of a spec, and what prepares their samples."""
