"""Content values to what a channel can carry: a ranking as chat text (text.py) and as pictures (png.py).

Nothing here sends, reads the clock or touches the database. Delivery calls it; on RenderError it sends the text alone
and tells the operators.
"""


class RenderError(Exception):
    """A picture could not be drawn. The message is for operators and names the cause, e.g. the font file."""
