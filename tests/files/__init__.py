"""Files that people send: documents, photos, links."""
