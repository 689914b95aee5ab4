"""Official papers as values: bulletin of an issue, weekly brief, closing summary. bot/render/docx.py draws them."""
